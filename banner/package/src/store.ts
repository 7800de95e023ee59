/**
 * What the visitor decided, as a store: the same object until something changes. It listens from the first look on
 * and for good, so that a part of the page that is away for a while comes back to the truth.
 */
import type { ConsentCall, ConsentQueue } from './api.js'
import { banner } from './index.js'

export interface Snapshot {
  /** False until the banner is here, and on a server: nothing is granted. */
  readonly ready: boolean
  /** Granted purposes, 'necessary' among them. */
  readonly categories: readonly string[]
  /** Optional services that may run. */
  readonly services: readonly string[]
}

export interface Consent extends Snapshot {
  /** Whether a purpose, or a service of it, may be used now. */
  accepted(category: string, service?: string): boolean
  /** Allows these purposes beside what is allowed already; 'all' is the default. Works before the banner is here. */
  accept(categories?: string | readonly string[]): void
  /** Refuses everything optional. */
  refuse(): void
  showPreferences(): void
}

export const NOTHING: Snapshot = { ready: false, categories: [], services: [] }

const listeners = new Set<() => void>()
let current: Snapshot | undefined

export function snapshot(): Snapshot {
  if (!current) {
    current = NOTHING
    for (const name of ['ready', 'first', 'change'] as const) document.addEventListener(`consent:${name}`, look)
    look()
  }
  return current
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What a component gets. seen: the snapshot that it draws; a server's knows of no grant. */
export function consent(seen = NOTHING): Consent {
  return { ...seen, accepted: (...words) => seen.ready && mayUse(...words), accept, refuse, showPreferences }
}

function look(): void {
  const known = banner()?.getUserPreferences()
  if (!known) return
  const services = Object.values(known.acceptedServices).flat()
  current = { ready: true, categories: known.acceptedCategories, services }
  listeners.forEach((tell) => tell())
}

function mayUse(category: string, service?: string): boolean {
  const here = banner()!
  return service ? here.acceptedService(service, category) : here.acceptedCategory(category)
}

const refuse = () => call(['refuseAll'])
const showPreferences = () => call(['showPreferences'])

/** What is allowed already is known once the banner is here; `on` calls back at once when it is. */
const accept: Consent['accept'] = (names = 'all') =>
  call(['on', 'ready', () => call(['acceptCategory', names === 'all' ? names : snapshot().categories.concat(names)])])

function call(words: ConsentCall): void {
  const page = globalThis as { ConsentBanner?: { push(words: ConsentCall): void } | ConsentQueue }
  ;(page.ConsentBanner ??= []).push(words)
}
