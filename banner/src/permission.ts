/**
 * What may run. The rule: something runs when its service is granted, or when its purpose is and its service is not
 * refused. A purpose that nobody declared is never granted, so what claims it never runs.
 */
import { config } from './config'
import { state } from './state'
import type { State } from './state'

export const NECESSARY = 'necessary'

/** Compared with true, not trusted: the page may name a purpose 'constructor'. */
export function mayUse(purpose = '', service = '', at: State = state): boolean {
  const answer = at.services[service]
  return answer === true || (answer !== false && (purpose === NECESSARY || at.purposes[purpose] === true))
}

/** 'necessary' and every granted purpose, in config order. */
export function openPurposes(): string[] {
  return [NECESSARY, ...config.purposes.map(({ key }) => key).filter((key) => mayUse(key))]
}

export function openServices(): string[] {
  return config.services.filter(({ key, purpose }) => mayUse(purpose, key)).map(({ key }) => key)
}
