/**
 * A choice that was made under an earlier version: what of it still holds, and what of the present version it does not
 * cover. The server says which purposes and services those are, with the reason in words (banner/changing.py); here is
 * only what the cookie of this visitor makes of it. Nothing is written before they have answered.
 */
import { config, startFrom, state } from '../../core/door'
import type { Asked, Past } from '../../core/config'
import type { Action, Decisions, State } from '../../core/state'

const DAY_SECONDS = 86_400
const ACTIONS: readonly Action[] = ['accept_all', 'refuse_all', 'customise', 'ask_each', 'withdraw', 'gpc', 'import']

/** What this visitor is asked; an answer to anything of it, and a decision about all, takes it away. */
export let asked: readonly Asked[] = []

export function answered(): void {
  asked = []
}

/** The items in the present language, in the order of the notice. */
export function askedNow(): Asked[] {
  const items = (config.again ?? []).flatMap((past) => past.items)
  return asked.map((one) => items.find(({ key, of }) => key === one.key && of === one.of) ?? one)
}

export function restore(): void {
  if (state.action) return
  const value = `cs_consent=${config.site.slice(0, 6)}\\.(\\w+)\\.([0-6])([\\da-f]+)\\.([\\da-f-]{36})\\.(\\w+)`
  const found = [...document.cookie.matchAll(RegExp(`(?:^|; )${value}(?=[;.]|$)`, 'g'))]
  const newest = found.sort((one, other) => parseInt(other[5]!, 36) - parseInt(one[5]!, 36))[0]
  if (newest) take(newest)
}

function take([, version = '', mode = '', given = '', id = '', time = '']: readonly string[]): void {
  const number = parseInt(version, 36)
  const past = config.again?.find(({ from, to }) => number >= from && number <= to)
  const at = parseInt(time, 36)
  const age = Date.now() / 1000 - at
  const answers = [...BigInt(`0x${given}`).toString(3).slice(1)].map((trit) => [undefined, true, false][+trit])
  if (!past || answers.length !== past.purposes.length + past.services.length) return
  if (age > config.days * DAY_SECONDS || age < -DAY_SECONDS) return
  hold(past, { action: ACTIONS[+mode], ...named(past, answers), id, at })
}

function named({ purposes, services }: Past, answers: readonly (boolean | undefined)[]) {
  return {
    purposes: Object.fromEntries(purposes.map((key, at) => [key, answers[at]])),
    services: Object.fromEntries(services.map((key, at) => [key, answers[purposes.length + at]])),
  }
}

/** Goes on with what holds. A service that is asked about waits; a purpose without an answer is not open anyway. */
function hold({ items }: Past, before: State): void {
  const isEach = before.action === 'ask_each' // then services ask when they appear, and nothing is granted before
  const fresh = items.filter(({ of }) => !of)
  const isFresh = (purpose = '') => fresh.some(({ key }) => key === purpose)
  const uncovered = items.filter(({ key, of }) => of && before.services[key] !== false)
  const isGranted = ({ key, of = '' }: Asked) => before.services[key] ?? before.purposes[of]
  const concerned = uncovered.filter((one) => !isFresh(one.of) && isGranted(one))
  asked = isEach || config.silent ? [] : [...fresh, ...concerned]
  const waits = isEach || config.open ? undefined : false
  const answers = new Map(uncovered.map((one) => [one.key, concerned.includes(one) ? waits : undefined]))
  const purpose = (key: string) => (isFresh(key) ? (isEach ? false : undefined) : before.purposes[key])
  const service = (key: string) => (answers.has(key) ? answers.get(key) : before.services[key])
  startFrom({ ...before, purposes: each(config.purposes, purpose), services: each(keysOf(config.services), service) })
  // the card asks in place of the notice, unless something else is without an answer too
  const isOpen = config.purposes.some((key) => state.purposes[key] === undefined && !isFresh(key))
  if (asked.length && !isOpen) (config as { silent?: true }).silent = true
}

function each(keys: readonly string[], valueOf: (key: string) => boolean | undefined): Decisions {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)]))
}

function keysOf(list: readonly { readonly key: string }[]): string[] {
  return list.map(({ key }) => key)
}
