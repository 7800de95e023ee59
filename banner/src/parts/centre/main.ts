/**
 * The notice in the middle of an inert page, as a modal dialog. Still nobody is locked in: Esc puts it away and decides
 * nothing, and when something hides the notice (a filter list) the page is free at once.
 */
import { api, config, element } from '../../core/door'
import type { Detail } from '../../core/events'

let dialog: HTMLDialogElement | undefined

function hear(name: string, act: () => void): void {
  document.addEventListener(`consent:${name}`, (event) => {
    if ((event as CustomEvent<Detail>).detail.source === 'notice') act()
  })
}

function enclose(): void {
  dialog?.remove()
  const notice = document.getElementById('cs-notice')!
  const made = element('dialog', { id: 'cs-modal', 'aria-label': config.texts.title })
  notice.before(made)
  made.append(notice)
  const title = notice.querySelector('h2')!
  title.tabIndex = -1
  title.autofocus = true // never one of the choices
  made.onclose = api.hide
  dialog = made
  made.showModal()
  if (!notice.offsetHeight) release()
}

function release(): void {
  dialog?.remove()
  dialog = undefined
}

hear('show', enclose)
hear('hide', release)
