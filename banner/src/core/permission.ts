/**
 * What may run. The rule: something runs when its service is granted, or when its purpose is and its service is not
 * refused. In a region where everything may run until it is refused, a purpose without an answer is open; one that
 * nobody declared never is, so what claims it never runs.
 */
import { config } from './config'
import { byKey } from './keys'
import { state } from './state'
import type { State } from './state'

export const NECESSARY = 'necessary'

/** Compared with true, not trusted: the page may name a purpose 'constructor'. */
export function mayUse(purpose = '', service = '', at: State = state): boolean {
  const unsaid = config.open && config.purposes.includes(purpose)
  return (at.services[service] ?? (purpose === NECESSARY || (at.purposes[purpose] ?? unsaid))) === true
}

/** Every purpose that is open (or is not), 'necessary' among the open ones, in config order. */
export function purposesThat(open: boolean): string[] {
  return [NECESSARY, ...config.purposes].filter((key) => mayUse(key) === open)
}

/** Every service that is open (or is not), of one purpose or of all. */
export function servicesThat(open: boolean, of?: string): string[] {
  const asked = config.services.filter(({ key, purpose }) => (of ?? purpose) === purpose && mayUse(purpose, key) === open)
  return asked.map(({ key }) => key)
}

/** The same by purpose, as CC3 shows it. */
export function servicesByPurpose(open: boolean): Readonly<Record<string, readonly string[]>> {
  return byKey(config.purposes, (key) => servicesThat(open, key))
}
