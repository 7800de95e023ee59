/**
 * Holds optional scripts, frames, images and links back until what they serve is granted. The page marks them as for
 * CC3 (`data-category`, `data-service`, `data-src`, `data-type`, `!category`) or Klaro (`data-name`).
 * permission.ts says what may run; this module finds it and keeps watching. Everything but scripts is the part
 * "embeds", which a page without any never loads.
 */
import { serviceOf } from './config'
import { enterLane } from './lanes'
import { need, part } from './parts'
import { mayUse } from './permission'
import { runScript } from './scripts'
import { state } from './state'
import type { Change } from './state'

const GATED = ':is(script[type="text/plain"],iframe,img,link):is([data-category],[data-service],[data-name])'

export interface Gate {
  readonly node: HTMLElement
  readonly purpose: string | undefined
  /** '' when the page names none. */
  readonly service: string
  /** `!analytics`: runs when analytics is taken back after it had been granted. */
  readonly inverse: boolean
}

let afterScan: (() => void) | undefined

/** Opens what may run now and looks again whenever the page grows; `then` runs after every look. */
export function watchPage(then: () => void): void {
  afterScan = then
  let planned = 0
  new MutationObserver(() => {
    clearTimeout(planned)
    planned = window.setTimeout(scan)
  }).observe(document, { childList: true, subtree: true })
  scan()
}

/** change: the decision that asks for this look; without one the page itself has grown. */
export function scan(change?: Change): void {
  let others = 0
  for (const gate of gates()) {
    if (gate.node instanceof HTMLScriptElement) scanScript(gate.node, gate, change)
    else others++
  }
  if (others) void (part('embeds')?.scan(change) ?? need('embeds'))
  afterScan?.()
}

function scanScript(script: HTMLScriptElement, gate: Gate, change: Change | undefined): void {
  // asked again when its turn comes: it may be taken back in between
  const isDue = () => (gate.inverse || isOpen(gate)) && script.isConnected
  if (gate.inverse ? change && isOpen(gate, change.before) && !isOpen(gate) : isOpen(gate)) {
    enterLane(!script.hasAttribute('async'), script, () => (isDue() ? runScript(script) : undefined))
  }
}

/** All that is gated on this page, in page order. */
export function gates(): Gate[] {
  return [...document.querySelectorAll<HTMLElement>(GATED)].map(gateOf).filter(({ purpose, service }) => purpose || service)
}

export function isOpen({ purpose, service }: Gate, at = state): boolean {
  return mayUse(purpose, service, at)
}

/** Klaro's data-name is a common attribute: alone it gates only when it names a service we know. */
function gateOf(node: HTMLElement): Gate {
  const { category = '', service: own, name: klaro } = node.dataset
  const name = own ?? serviceOf(klaro)?.key ?? ''
  const service = name.replace('!', '')
  return {
    node,
    purpose: category.replace('!', '') || serviceOf(service)?.purpose,
    service,
    inverse: (category + name).includes('!'),
  }
}
