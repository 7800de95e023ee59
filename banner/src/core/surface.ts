/**
 * The one element of ours in the page, first in the body and so first in the tab order. Everything in it is light
 * DOM: robots and assistive technology look for real texts and real buttons there.
 */
import { config } from './config'
import { element } from './dom'
import { need } from './parts'

const ANNOUNCE_AFTER_MS = 150 // a live region speaks only what changes after it is in the page

let root: HTMLElement | undefined
let live: HTMLElement | undefined

// Once the page around it has the focus, none of our cards may lie over that: the part "focus" sees to it.
addEventListener('focusin', ({ target }) => root?.contains(target as Node) === false && need('focus'))

/** Puts a part of ours on the page. */
export function place(part: HTMLElement): void {
  surface().prepend(part)
}

/** Says a sentence to screen readers without moving the focus; after something of ours was placed. */
export function announce(sentence: string): void {
  live!.textContent = ''
  setTimeout(() => (live!.textContent = sentence), ANNOUNCE_AFTER_MS)
}

/** Gives an element our language and direction; the page around it may be in another. */
export function inOurLanguage<Made extends HTMLElement>(made: Made): Made {
  made.lang = config.lang
  made.dir = config.dir ?? 'ltr'
  return made
}

/** Styles the page; a constructed sheet needs no permission of the page's style-src. */
export function adoptStyles(css: string): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
}

function surface(): HTMLElement {
  live ??= element('div', { class: 'cs-live', role: 'status' })
  root ??= element('div', { id: 'cs-root', 'data-nosnippet': '' }, live)
  if (!root.isConnected) document.body.prepend(root)
  return inOurLanguage(root)
}
