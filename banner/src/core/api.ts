/**
 * The script global. Method names are CC3's, so that pages which call it keep working; what they decide is recorded
 * with layer "api" and as not trusted: a script clicked, not a hand.
 */
import { acceptAll, answerServices, askEach, choosePurposes, refuseAll, withdraw } from './choices'
import { config } from './config'
import { cookieView, on } from './events'
import { speak } from './language'
import { drawLayers, hideNotice, hidePreferences, showNotice, showPreferences } from './layers'
import { join, need } from './parts'
import type { Parts } from './parts'
import { mayUse, purposesThat, servicesByPurpose } from './permission'
import { forget, isComplete } from './state'

const BY_SCRIPT = { layer: 'api', trusted: false } as const

type Names = string | readonly string[]
type Extras = Parts['extras']
type Call = readonly [string, ...unknown[]]

let early: Call[] = []

export const api = {
  on,
  acceptAll: () => acceptAll(BY_SCRIPT),
  refuseAll: () => refuseAll(BY_SCRIPT),
  askEach: () => askEach(BY_SCRIPT),
  withdraw: () => withdraw(BY_SCRIPT),

  /** CC3 pages call this and go on; here the tag starts by itself and the configuration comes from the server. */
  run: (): Promise<void> => Promise.resolve(),
  show: showNotice,
  hide: hideNotice,
  showPreferences,
  hidePreferences,

  /** 'all', one purpose or several (those that are open, if none); except: refused all the same, as what is not named. */
  acceptCategory(names: Names = purposesThat(true), except: Names = []): void {
    const { purposes } = config
    const granted = purposes.filter((key) => isNamed(key, names) && !list(except).includes(key))
    if (granted.length === purposes.length) acceptAll(BY_SCRIPT)
    else if (granted.length) choosePurposes(granted, BY_SCRIPT)
    else refuseAll(BY_SCRIPT)
  },
  /** Grants these services of a purpose ('all' or names) and refuses its other ones. */
  acceptService(names: Names, purpose: string): void {
    const own = config.services.filter((service) => service.purpose === purpose)
    answerServices(Object.fromEntries(own.map(({ key }) => [key, isNamed(key, names)])), BY_SCRIPT)
  },
  acceptedCategory: (purpose: string): boolean => mayUse(purpose),
  acceptedService: (service: string, purpose: string): boolean => mayUse(purpose, service),
  validConsent: (): boolean => isComplete(),

  getUserPreferences() {
    const acceptedCategories = purposesThat(true)
    const rejectedCategories = purposesThat(false)
    const acceptType: 'all' | 'custom' | 'necessary' =
      !rejectedCategories.length ? 'all' : acceptedCategories.length > 1 ? 'custom' : 'necessary'
    return {
      acceptType,
      acceptedCategories,
      rejectedCategories,
      acceptedServices: servicesByPurpose(true),
      rejectedServices: servicesByPurpose(false),
    }
  },
  getCookie: (field?: keyof ReturnType<typeof cookieView>) => (field ? cookieView()[field] : cookieView()),
  getConfig: (field?: keyof typeof config) => (field ? config[field] : config),

  eraseCookies: async (...words: Parameters<Extras['eraseCookies']>) => (await need('extras'))?.eraseCookies(...words),
  loadScript: async (...words: Parameters<Extras['loadScript']>) =>
    (await (await need('extras'))?.loadScript(...words)) === true,
  async setLanguage(language: string): Promise<boolean> {
    const spoken = await speak(language)
    if (spoken) drawLayers()
    return spoken
  },
  /** true: the choice and its cookie are forgotten, what ran by it stops, and the notice asks again. */
  reset(forgetChoice = false): void {
    if (forgetChoice) forget()
  },
  join,
  /** A call as `[name, ...words]`: works before the script is here, on an array in its place. */
  push([name, ...words]: Call): void {
    ;(api as unknown as Record<string, (...words: unknown[]) => void>)[name]!(...words)
  },
}

/** Publishes the global; CC3's own name only when nobody has taken it. False when we are on this page already. */
export function publish(): boolean {
  const page = window as unknown as { ConsentBanner?: typeof api | Call[]; CookieConsent?: unknown }
  if (page.ConsentBanner) {
    if (!Array.isArray(page.ConsentBanner)) return false
    early = page.ConsentBanner
  }
  page.ConsentBanner = api
  page.CookieConsent ??= api
  return true
}

/** Makes the calls that the page made before we were here, in their order. */
export function replay(): void {
  early.forEach(api.push)
}

function isNamed(key: string, names: Names): boolean {
  return names === 'all' || list(names).includes(key)
}

function list(names: Names): readonly string[] {
  return typeof names === 'string' ? [names] : names
}
