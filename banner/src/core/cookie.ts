/**
 * The first-party cookie `cs_consent`: `1.<site>.<version>.<mode><purposes>.<services>.<id>.<time>[.<token>]`,
 * at most 150 bytes with its name. It holds choices, a random id and a time; never an address, never a user agent.
 * A value that is malformed, of another site or policy version, or too old counts as undecided.
 */
import { config } from './config'
import { now, UNDECIDED } from './state'
import type { Action, State } from './state'
import { decode, encode } from './trits'

const DAY_SECONDS = 86_400

/** The mode of the cookie is one letter for the action. */
const ACTIONS: readonly Action[] = ['accept_all', 'refuse_all', 'customise', 'ask_each', 'withdraw', 'gpc', 'import']
const MODES = 'arcewgi'

/** The server's signed visitor token; null until it has answered once. Not a decision, so not in the state. */
export let token: string | null = null

/** The decision in the jar, or UNDECIDED. Also finds the token, which outlives the decision it came with. */
export function readCookie(): State {
  const value = /(?:^|; )cs_consent=1\.([\w.-]*)(?:;|$)/.exec(document.cookie)?.[1] ?? ''
  const [site, version, mode = '', given = '', id = '', time = '', ...signed] = value.split('.')
  if (site !== siteMark()) return UNDECIDED
  token = signed.join('.') || null
  const state = {
    action: ACTIONS[MODES.indexOf(mode[0] ?? '?')],
    purposes: decode(config.purposes, mode.slice(1)),
    services: decode(serviceKeys(), given),
    id,
    at: parseInt(time, 36),
  }
  return version === config.version.toString(36) && /^[\da-f-]{36}$/.test(id) && isWhole(state) ? state : UNDECIDED
}

export function writeCookie({ action, purposes, services, id, at }: State): void {
  const { version, days } = config
  const mode = MODES[ACTIONS.indexOf(action!)]! + encode(config.purposes, purposes)
  const parts = [1, siteMark(), version.toString(36), mode, encode(serviceKeys(), services), id, at.toString(36)]
  store([...parts, ...(token ? [token] : [])].join('.'), at + days * DAY_SECONDS - now())
}

export function eraseCookie(): void {
  token = null
  store('', 0)
}

/** Keeps the token beside the decision that is in the jar now, which another tab may have written. */
export function keepToken(signed: string | null): void {
  const stored = readCookie()
  token = signed
  if (stored.action) writeCookie(stored)
}

function store(value: string, seconds: number): void {
  const secure = location.protocol === 'https:' ? ';secure' : ''
  document.cookie = `cs_consent=${value};path=/;max-age=${seconds};samesite=lax${secure}`
}

/** A day ahead is a wrong clock; further ahead is a value that would never expire. */
function isWhole(read: { readonly [part in keyof State]: State[part] | undefined }): read is State {
  const age = now() - read.at!
  return !!read.action && !!read.purposes && !!read.services && age < config.days * DAY_SECONDS && age > -DAY_SECONDS
}

/** Half of the site's key: enough to tell whose cookie it is, and the rest would not fit. */
function siteMark(): string {
  return config.site.slice(0, 6)
}

function serviceKeys(): string[] {
  return config.services.map(({ key }) => key)
}
