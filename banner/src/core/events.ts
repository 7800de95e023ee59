/**
 * Tells the page what was decided: `consent:ready|first|change|show|hide` on document, bubbling to window. Whoever
 * comes late listens through `on` and gets the latest event of that name at once.
 */
import { config } from './config'
import { purposesThat, servicesByPurpose, servicesThat } from './permission'
import { state } from './state'
import type { Change, Layer } from './state'

export type EventName = 'ready' | 'first' | 'change' | 'show' | 'hide'

export interface Detail {
  /** Granted purposes, 'necessary' among them. */
  readonly categories: readonly string[]
  /** Services that may run, by their own answer or by their purpose. */
  readonly services: readonly string[]
  /** Purposes and services whose decision differs from before. */
  readonly changed: readonly string[]
  readonly cookie: CookieView
  /** The layer that was used, shown or hidden; 'page' for the page view itself. */
  readonly source: Layer
}

/** The shape of CC3's cookie object, which listeners of migrated pages read; empty while undecided. */
export interface CookieView {
  readonly categories?: readonly string[]
  readonly services?: Readonly<Record<string, readonly string[]>>
  readonly revision?: number
  readonly consentId?: string
  readonly consentTimestamp?: string
  readonly languageCode?: string
}

const PREFIX = 'consent:'
const latest: Record<string, Detail> = {}

export function tell(name: EventName, source: Layer, changed: readonly string[] = []): void {
  const detail = { categories: purposesThat(true), services: servicesThat(true), changed, cookie: cookieView(), source }
  latest[name] = detail
  document.dispatchEvent(new CustomEvent(PREFIX + name, { detail, bubbles: true }))
}

/** The first decision is an event of its own; one that changes nothing is none. */
export function tellChange({ before, changed, origin }: Change): void {
  if (!before.action) tell('first', origin.layer, changed)
  else if (changed.length) tell('change', origin.layer, changed)
}

/** Returns the function that stops listening. */
export function on(name: EventName, listener: (detail: Detail) => void): () => void {
  const hear = (event: Event) => listener((event as CustomEvent<Detail>).detail)
  document.addEventListener(PREFIX + name, hear)
  if (latest[name]) listener(latest[name])
  return () => document.removeEventListener(PREFIX + name, hear)
}

export function cookieView(): CookieView {
  if (!state.action) return {}
  return {
    categories: purposesThat(true),
    services: servicesByPurpose(true),
    revision: config.version,
    consentId: state.id,
    consentTimestamp: new Date(state.at * 1000).toISOString(),
    languageCode: config.lang,
  }
}
