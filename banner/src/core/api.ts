/**
 * The script global. Method names are CC3's, so that pages which call it keep working; what they decide is recorded
 * with layer "api" and as not trusted: a script clicked, not a hand. Verbs that few pages call come with the part
 * "extras" and so answer with a promise.
 */
import { acceptAll, askEach, choosePurposes, refuseAll, withdraw } from './choices'
import { config } from './config'
import { cookieView, on } from './events'
import type { CookieView } from './events'
import { hideNotice, hidePreferences, showNotice, showPreferences } from './layers'
import { join, need } from './parts'
import type { Parts } from './parts'
import { mayUse, purposesThat, servicesByPurpose } from './permission'
import { isComplete } from './state'

const BY_SCRIPT = { layer: 'api', trusted: false } as const

type Names = string | readonly string[]
type Extras = Parts['extras']
type Call = readonly [string, ...unknown[]]

let early: Call[]

export const api = {
  on,
  acceptAll: () => acceptAll(BY_SCRIPT),
  refuseAll: () => refuseAll(BY_SCRIPT),
  askEach: () => askEach(BY_SCRIPT),
  withdraw: () => withdraw(BY_SCRIPT),

  show: showNotice,
  hide: hideNotice,
  showPreferences,
  hidePreferences,

  /** 'all', one purpose or several (those that are open, if none); except: refused all the same, as what is not named. */
  acceptCategory(names: Names = purposesThat(true), except: Names = []): void {
    const { purposes } = config
    const named = [names].flat()
    const granted = purposes.filter((key) => (named[0] === 'all' || named.includes(key)) && ![except].flat().includes(key))
    if (granted.length === purposes.length) acceptAll(BY_SCRIPT)
    else if (granted[0]) choosePurposes(granted, BY_SCRIPT)
    else refuseAll(BY_SCRIPT)
  },
  acceptedCategory: (purpose: string): boolean => mayUse(purpose),
  acceptedService: (service: string, purpose: string): boolean => mayUse(purpose, service),
  validConsent: (): boolean => isComplete(),

  getUserPreferences() {
    const acceptedCategories = purposesThat(true)
    const rejectedCategories = purposesThat(false)
    const acceptType: 'all' | 'custom' | 'necessary' =
      !rejectedCategories[0] ? 'all' : acceptedCategories[1] ? 'custom' : 'necessary'
    return {
      acceptType,
      acceptedCategories,
      rejectedCategories,
      acceptedServices: servicesByPurpose(true),
      rejectedServices: servicesByPurpose(false),
    }
  },
  getCookie: (field?: keyof CookieView) => pick(cookieView(), field),
  getConfig: (field?: keyof typeof config) => pick(config, field),

  ...later(),

  join,
  /** A call as `[name, ...words]`: works before the script is here, on an array in its place. */
  push([name, ...words]: Call): void {
    ;(api as unknown as Record<string, (...words: unknown[]) => void>)[name]!(...words)
  },
}

/** Publishes the global; CC3's own name only when nobody has taken it. False when we are on this page already. */
export function publish(): boolean {
  const page = window as unknown as { ConsentBanner?: typeof api | (Call[] & { on?: never }); CookieConsent?: unknown }
  const { ConsentBanner: there = [] } = page
  if (there.on) return false
  early = there as Call[]
  page.ConsentBanner = api
  page.CookieConsent ??= api
  return true
}

/** Makes the calls that the page made before we were here, in their order. */
export function replay(): void {
  early.forEach(api.push)
}

type Later = {
  readonly [Name in Exclude<keyof Extras, 'act'>]: (
    ...words: Parameters<Extras[Name]>
  ) => Promise<Awaited<ReturnType<Extras[Name]>> | undefined>
}

/** Verbs as promises, which wait for the part that they come with. */
function later(): Later {
  const names = 'acceptService,eraseCookies,loadScript,reset,run,setLanguage'.split(',') as (keyof Later)[]
  const verbs = names.map((name) => [
    name,
    async (...words: never[]) => ((await need('extras'))?.[name] as ((...words: never[]) => unknown) | undefined)?.(...words),
  ])
  return Object.fromEntries(verbs) as Later
}

function pick<Of extends object>(of: Of, field?: keyof Of): unknown {
  return field ? of[field] : of
}
