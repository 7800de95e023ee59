/**
 * The verbs of a visitor, each one a decision. What a visitor cannot see on the layer where they decide is not
 * carried over: answers to single services end with the next decision about purposes.
 */
import { config } from './config'
import { decide, isComplete, state } from './state'
import type { Decisions, Origin } from './state'

export function acceptAll(origin: Origin): void {
  decide('accept_all', everyPurpose(true), {}, origin)
}

export function refuseAll(origin: Origin): void {
  decide('refuse_all', everyPurpose(false), {}, origin)
}

/** Nothing is granted; each known service that appears on the page asks for itself. */
export function askEach(origin: Origin): void {
  decide('ask_each', everyPurpose(false), {}, origin)
}

/** Takes back everything that was granted. A new record; the old ones stay as they are. */
export function withdraw(origin: Origin): void {
  decide('withdraw', everyPurpose(false), {}, origin)
}

/** granted: keys of the purposes to allow; every other one is refused. */
export function choosePurposes(granted: readonly string[], origin: Origin): void {
  const purposes = Object.fromEntries(config.purposes.map(({ key }) => [key, granted.includes(key)]))
  decide('customise', purposes, {}, origin)
}

/**
 * Grants or refuses services one by one and leaves the purposes as they are. A visitor who has not answered the
 * notice yet keeps it: allowing one video is no answer for the other purposes.
 */
export function answerServices(answers: Decisions, origin: Origin): void {
  const action = state.action === 'ask_each' ? 'ask_each' : 'customise'
  const purposes = isComplete() ? state.purposes : {}
  decide(action, purposes, { ...state.services, ...answers }, origin)
}

function everyPurpose(granted: boolean): Decisions {
  return Object.fromEntries(config.purposes.map(({ key }) => [key, granted]))
}
