/**
 * Holds optional scripts and frames back until what they serve is granted. The page marks them as for CC3
 * (`data-category`, `data-service`, `data-src`, `data-type`, `!category`) or Klaro (`data-name`).
 * permission.ts says what may run; this module finds it and keeps watching.
 */
import { serviceOf } from './config'
import { closeFrame, forgetOnceOpened, holdFrame, isOnceOpen, isShown, openFrame } from './frames'
import { inFreeLane, inOrderedLane } from './lanes'
import { mayUse } from './permission'
import { runScript } from './scripts'
import { state } from './state'
import type { Change, State } from './state'

const MARKED = ':is([data-category],[data-service],[data-name])'
const GATED = `script[type="text/plain"]${MARKED},iframe[data-src]${MARKED}`

/** After these, what was opened "this time" ends too. */
const REFUSALS: readonly (string | undefined)[] = ['refuse_all', 'withdraw', undefined]

type Gated = HTMLScriptElement | HTMLIFrameElement

interface Gate {
  readonly purpose: string | undefined
  readonly service: string | undefined
  /** `!analytics`: runs when analytics is taken back after it had been granted. */
  readonly inverse: boolean
}

let afterScan: () => void = () => undefined

/** Opens what may run now and looks again whenever the page grows; `then` runs after every look. */
export function watchPage(then: () => void): void {
  afterScan = then
  let planned = 0
  new MutationObserver(() => {
    planned ||= window.setTimeout(() => {
      planned = 0
      scan()
    })
  }).observe(document, { childList: true, subtree: true })
  scan()
}

/** change: the decision that asks for this look; without one the page itself has grown. */
export function scan(change?: Change): void {
  if (change && REFUSALS.includes(change.after.action)) forgetOnceOpened()
  for (const node of gatedNodes()) {
    if (node instanceof HTMLIFrameElement) scanFrame(node)
    else scanScript(node, change)
  }
  afterScan()
}

function scanFrame(frame: HTMLIFrameElement): void {
  if (!mayRun(frame)) closeFrame(frame)
  else if (!isShown(frame)) inFreeLane(frame, () => void (mayRun(frame) && openFrame(frame)))
}

function scanScript(script: HTMLScriptElement, change: Change | undefined): void {
  const gate = gateOf(script)
  const lane = script.hasAttribute('async') ? inFreeLane : inOrderedLane
  if (gate.inverse) {
    const ended = change && isOpen(gate, change.before) && !isOpen(gate, change.after)
    if (ended) lane(script, () => runScript(script))
  } else if (mayRun(script)) {
    lane(script, () => (mayRun(script) ? runScript(script) : undefined)) // asked again: it may be taken back in between
  }
}

/** Shows the placeholders of the frames that are held back. Needs texts and styles, so not before they are here. */
export function holdFrames(): void {
  for (const node of gatedNodes()) {
    if (node instanceof HTMLIFrameElement && !mayRun(node)) holdFrame(node, gateOf(node).service)
  }
}

/** Keys of the known services that wait on this page, in page order. */
export function waitingServices(): string[] {
  const waiting = gatedNodes().map(gateOf).filter((gate) => !gate.inverse && !isOpen(gate, state))
  return [...new Set(waiting.map(({ service }) => service ?? ''))].filter(serviceOf)
}

/** Klaro's data-name is a common attribute: alone it gates only when it names a service we know. */
function gatedNodes(): Gated[] {
  const marked = [...document.querySelectorAll<Gated>(GATED)]
  return marked.filter(({ dataset }) => (dataset['category'] ?? dataset['service']) || serviceOf(dataset['name']))
}

function mayRun(node: Gated): boolean {
  return node.isConnected && (isOpen(gateOf(node), state) || isOnceOpen(node))
}

function isOpen({ purpose, service }: Gate, at: State): boolean {
  return mayUse(purpose, service, at)
}

function gateOf({ dataset }: Gated): Gate {
  const category = dataset['category'] ?? ''
  const name = dataset['service'] ?? dataset['name'] ?? ''
  const service = name.replace('!', '') || undefined
  return {
    purpose: category.replace('!', '') || serviceOf(service)?.purpose,
    service,
    inverse: category[0] === '!' || name[0] === '!',
  }
}
