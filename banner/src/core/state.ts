/**
 * What has been decided, and the one way to change it. Followers get the state before and after and act on the
 * difference; they run in the order in which main.ts lets them follow, inside the visitor's click.
 */
import { config } from './config'
import { newId } from './id'

export type Action = 'accept_all' | 'refuse_all' | 'customise' | 'ask_each' | 'withdraw' | 'gpc' | 'import'
export type Layer = 'notice' | 'preferences' | 'question' | 'placeholder' | 'page' | 'api'

/** Granted (true), refused (false) or undecided (undefined or absent), by the key of a purpose or service. */
export type Decisions = Readonly<Record<string, boolean | undefined>>

/** How a decision came about: where the visitor made it, and whether a hand (not a script) did. */
export interface Origin {
  readonly layer: Layer
  readonly trusted: boolean
}

export interface State {
  /** What the visitor last did; undefined = nothing that still counts. */
  readonly action: Action | undefined
  readonly purposes: Decisions
  readonly services: Decisions
  /** A UUID, '' while undecided. */
  readonly id: string
  /** Seconds since 1970. */
  readonly at: number
}

export interface Change {
  readonly before: State
  readonly after: State
  /** Keys of purposes and services whose decision differs. */
  readonly changed: readonly string[]
  readonly origin: Origin
  /** Another tab made and recorded it; this one only follows. */
  readonly isEcho: boolean
}

export const UNDECIDED: State = { action: undefined, purposes: {}, services: {}, id: '', at: 0 }

export let state: State = UNDECIDED

const followers: ((change: Change) => void)[] = []

export function follow(follower: (change: Change) => void): void {
  followers.push(follower)
}

/** Sets the state that the page starts with. Nobody is told: nothing changed. */
export function startFrom(stored: State): void {
  state = stored
}

/** Makes a decision: a new consent id and time, then every follower in order. */
export function decide(action: Action, purposes: Decisions, services: Decisions, origin: Origin): void {
  moveTo({ action, purposes, services, id: newId(), at: now() }, origin)
}

/** Goes back to undecided; followers are told, so that whatever was granted stops. */
export function forget(): void {
  moveTo(UNDECIDED, { layer: 'api', trusted: false })
}

/** True when every optional purpose has an answer; until then the notice is shown. */
export function isComplete(of: State = state): boolean {
  return config.purposes.every((key) => of.purposes[key] !== undefined)
}

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** Takes over what another tab of this browser decided. */
export function echo(stored: State): void {
  if (stored.id && stored.id !== state.id) moveTo(stored, { layer: 'page', trusted: false }, true)
}

function moveTo(after: State, origin: Origin, isEcho = false): void {
  const before = state
  state = after
  const changed = [...differences(before.purposes, after.purposes), ...differences(before.services, after.services)]
  for (const follower of followers) follower({ before, after, changed, origin, isEcho })
}

function differences(before: Decisions, after: Decisions): string[] {
  return Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key])
}
