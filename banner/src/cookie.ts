/**
 * The first-party cookie `cs_consent`: `1.<site>.<version>.<mode><purposes>.<services>.<id>.<time>[.<token>]`,
 * at most 150 bytes with its name. It holds choices, a random id and a time; never an address, never a user agent.
 * A value that is malformed, of another site or policy version, or too old counts as undecided.
 */
import { config } from './config'
import { UNDECIDED } from './state'
import type { Action, State } from './state'
import { decode, encode } from './trits'

const NAME = 'cs_consent'
const DAY_SECONDS = 86_400
const SHAPE =
  /^1\.([a-z0-9]{12})\.([0-9a-z]+)\.([arcewgi])([\w-]*)\.([\w-]*)\.([\w-]{22})\.([0-9a-z]{1,8})(?:\.([\w.-]+))?$/

const MODES: Readonly<Record<string, Action>> = {
  a: 'accept_all', r: 'refuse_all', c: 'customise', e: 'ask_each', w: 'withdraw', g: 'gpc', i: 'import',
}

/** The server's signed visitor token; null until it has answered once. Not a decision, so not in the state. */
export let token: string | null = null

/** The decision in the jar, or UNDECIDED. Also finds the token, which outlives the decision it came with. */
export function readCookie(): State {
  const value = document.cookie.match(/(?:^|; )cs_consent=([^;]*)/)?.[1] ?? ''
  const [, site, version, mode = '', purposesText = '', servicesText = '', id = '', time = '', signed] =
    SHAPE.exec(value) ?? []
  if (site !== config.site) return UNDECIDED
  token = signed ?? null
  const at = parseInt(time, 36)
  const purposes = decode(config.purposes, purposesText)
  const services = decode(config.services, servicesText)
  if (parseInt(version!, 36) !== config.version || !isFresh(at) || !purposes || !services) return UNDECIDED
  return { action: MODES[mode], purposes, services, id, at }
}

export function writeCookie(state: State): void {
  const mode = Object.keys(MODES).find((letter) => MODES[letter] === state.action)
  const value = [
    1,
    config.site,
    config.version.toString(36),
    mode + encode(config.purposes, state.purposes),
    encode(config.services, state.services).replace(/A+$/, ''),
    state.id,
    state.at.toString(36),
    ...(token ? [token] : []),
  ].join('.')
  store(value, state.at + config.days * DAY_SECONDS - now())
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
  document.cookie = `${NAME}=${value};path=/;max-age=${seconds};samesite=lax${secure}`
}

/** A day ahead is a wrong clock; further ahead is a value that would never expire. */
function isFresh(at: number): boolean {
  return at > now() - config.days * DAY_SECONDS && at < now() + DAY_SECONDS
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
