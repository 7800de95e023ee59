/**
 * The first-party cookie `cs_consent`: `<site>.<version>.<mode><answers>.<id>.<time>[.<token>]`, at most 150 bytes with
 * its name. It holds choices, a random id and a time; never an address, never a user agent.
 * A value that is malformed, of another site or policy version, or too old counts as undecided.
 */
import { config } from './config'
import { need } from './parts'
import { now, UNDECIDED } from './state'
import type { Action, State } from './state'
import { decode, encode, named } from './trits'

const DAY_SECONDS = 86_400

/** The mode of the cookie is the place of the action in this list. */
const ACTIONS: readonly Action[] = ['accept_all', 'refuse_all', 'customise', 'ask_each', 'withdraw', 'gpc', 'import']

/** The server's signed visitor token; null until it has answered once. Not a decision, so not in the state. */
export let token: string | null = null

/** Services that may run in this session only: in force, but not in the cookie. */
export const once = new Set<string>()

/** `;domain=...` when the site wants its subdomains to share a choice. */
let scope = ''

export function shareWith(domain: string): void {
  scope = `;domain=${domain}`
}

/**
 * The decision in the jar, or UNDECIDED; the newest when a jar has several of one name (two paths or domains). Also
 * finds the token, which outlives the decision it came with.
 */
export function readCookie(): State {
  const value = `cs_consent=${siteMark()}\\.(\\w+)\\.([0-6])([\\da-f]+)\\.([\\da-f-]{36})\\.(\\w+)\\.?([\\w.-]*)`
  const found = [...document.cookie.matchAll(RegExp(`(?:^|; )${value}(?=;|$)`, 'g'))]
  if (found[1]) void need('extras') // it heals the jar
  return found.map(parse).reduce((best, one) => (one.at > best.at ? one : best), UNDECIDED)
}

function parse([, version = '', mode = '', given = '', id = '', time = '', signed]: readonly string[]): State {
  const { purposes, version: newest, since = newest, days } = config
  token = signed || token
  const at = parseInt(time, 36)
  const age = now() - at
  const of = parseInt(version, 36)
  const answers = decode(given)
  // a choice holds until a version asks for something else; a day ahead is a wrong clock, further ahead would never end
  return of >= since && of <= newest && answers.length === keyCount() && age < days * DAY_SECONDS && age > -DAY_SECONDS
    ? {
        action: ACTIONS[+mode],
        purposes: named(purposes, answers),
        services: named(serviceKeys(), answers.slice(purposes.length)),
        id,
        at,
      }
    : UNDECIDED
}

/** signed: the token, once the server has this decision: a cookie without one says that it still has to be sent. */
export function writeCookie({ action, purposes, services, id, at }: State, signed?: string | null): void {
  const { version, days, purposes: keys } = config
  const answers = [
    ...keys.map((key) => purposes[key]),
    ...serviceKeys().map((key) => (once.has(key) ? undefined : services[key])),
  ]
  const mode = ACTIONS.indexOf(action!) + encode(answers)
  const parts = [siteMark(), version.toString(36), mode, id, at.toString(36)]
  store([...parts, ...(signed ? [signed] : [])].join('.'), at + days * DAY_SECONDS - now())
}

export function eraseCookie(): void {
  token = null
  store('', 0)
}

/** of: the decision that the server has now. A later one in the jar, perhaps of another tab, still has to be sent. */
export function keepToken(signed: string | null, of?: string): void {
  const stored = readCookie()
  token = signed
  if (of && stored.id === of) writeCookie(stored, signed)
}

function store(value: string, seconds: number): void {
  const secure = location.protocol === 'https:' ? ';secure' : ''
  document.cookie = `cs_consent=${value};path=/;max-age=${seconds};samesite=lax${secure}${scope}`
}

/** Half of the site's key: enough to tell whose cookie it is, and the rest would not fit. */
function siteMark(): string {
  return config.site.slice(0, 6)
}

function serviceKeys(): string[] {
  return config.services.map(({ key }) => key)
}

function keyCount(): number {
  return config.purposes.length + config.services.length
}
