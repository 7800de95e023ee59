/**
 * The verbs of a visitor, each one a decision. What a visitor cannot see on the layer where they decide is not
 * carried over: answers to single services end with the next decision about purposes.
 */
import { config } from './config'
import { byKey } from './keys'
import { decide, state } from './state'
import type { Action, Decisions, Origin } from './state'

export const acceptAll = forAll('accept_all', true)

export const refuseAll = forAll('refuse_all', false)

/** Nothing is granted; each known service that appears on the page asks for itself. */
export const askEach = forAll('ask_each', false)

/** Takes back everything that was granted. A new record; the old ones stay as they are. */
export const withdraw = forAll('withdraw', false)

/** granted: keys of the purposes to allow; every other one is refused. */
export function choosePurposes(granted: readonly string[], origin: Origin, action: Action = 'customise'): void {
  const purposes = byKey(config.purposes, (key) => granted.includes(key))
  decide(action, purposes, {}, origin)
}

/**
 * Grants or refuses services one by one and leaves the purposes as they are. A visitor who has not answered the
 * notice yet keeps it: allowing one video is no answer for the other purposes.
 */
export function answerServices(answers: Decisions, origin: Origin): void {
  const action = state.action === 'ask_each' ? 'ask_each' : 'customise'
  decide(action, state.purposes, { ...state.services, ...answers }, origin)
}

function forAll(action: Action, granted: boolean): (origin: Origin) => void {
  return (origin) => choosePurposes(granted ? config.purposes : [], origin, action)
}
