/**
 * The script global. Method names are CC3's, so that pages which call it keep working; what they decide is recorded
 * with layer "api" and as not trusted: a script clicked, not a hand.
 */
import { acceptAll, answerServices, askEach, choosePurposes, refuseAll, withdraw } from './choices'
import { config } from './config'
import { cookieView, on } from './events'
import type { CookieView } from './events'
import { eraseCookies } from './jar'
import { speak } from './language'
import { hideNotice, redrawLayers, showNotice, showPreferences } from './layers'
import { mayUse, openPurposes } from './permission'
import { closePreferences } from './preferences'
import { loadScript } from './scripts'
import { forget, isComplete } from './state'

const BY_SCRIPT = { layer: 'api', trusted: false } as const

type Names = string | readonly string[]

export const api = {
  on,
  acceptAll: () => acceptAll(BY_SCRIPT),
  refuseAll: () => refuseAll(BY_SCRIPT),
  askEach: () => askEach(BY_SCRIPT),
  withdraw: () => withdraw(BY_SCRIPT),

  /** The tag starts by itself; CC3 pages call this and go on. */
  run(): Promise<void> {
    console.info('ConsentBanner: run() has nothing to do, the configuration comes from the server')
    return Promise.resolve()
  },
  show: showNotice,
  hide: hideNotice,
  showPreferences,
  hidePreferences: closePreferences,

  /** 'all', one purpose or several; except: purposes to refuse all the same. Everything not named is refused. */
  acceptCategory(names: Names = 'all', except: Names = []): void {
    const wanted = names === 'all' ? config.purposes.map(({ key }) => key) : list(names)
    const refused = list(except)
    const granted = wanted.filter((key) => !refused.includes(key))
    if (granted.length >= config.purposes.length) acceptAll(BY_SCRIPT)
    else if (granted.length) choosePurposes(granted, BY_SCRIPT)
    else refuseAll(BY_SCRIPT)
  },
  /** Grants these services of a purpose ('all' or names) and refuses its other ones. */
  acceptService(names: Names, purpose: string): void {
    const own = config.services.filter((service) => service.purpose === purpose)
    const answers = own.map(({ key }) => [key, names === 'all' || list(names).includes(key)] as const)
    answerServices(Object.fromEntries(answers), BY_SCRIPT)
  },
  acceptedCategory: (purpose: string): boolean => mayUse(purpose),
  acceptedService: (service: string, purpose: string): boolean => mayUse(purpose, service),
  validConsent: (): boolean => isComplete(),

  getUserPreferences() {
    const granted = openPurposes()
    const refused = config.purposes.map(({ key }) => key).filter((key) => !granted.includes(key))
    const services = (open: boolean) =>
      Object.fromEntries(
        config.purposes.map(({ key: purpose }) => [
          purpose,
          config.services
            .filter(({ key, purpose: own }) => own === purpose && mayUse(purpose, key) === open)
            .map(({ key }) => key),
        ]),
      )
    return {
      acceptType: !refused.length ? 'all' : granted.length > 1 ? 'custom' : 'necessary',
      acceptedCategories: granted,
      rejectedCategories: refused,
      acceptedServices: services(true),
      rejectedServices: services(false),
    }
  },
  getCookie(field?: keyof CookieView) {
    const view = cookieView()
    return field ? view[field] : view
  },
  getConfig: (field?: keyof typeof config) => (field ? config[field] : config),

  eraseCookies,
  loadScript,
  async setLanguage(language: string): Promise<boolean> {
    const spoken = await speak(language)
    if (spoken) redrawLayers()
    return spoken
  },
  /** true: the choice and its cookie are forgotten, what ran by it stops, and the notice asks again. */
  reset(forgetChoice = false): void {
    if (forgetChoice) forget()
  },
}

/** Publishes the global; CC3's own name only when nobody has taken it. False when we are on this page already. */
export function publish(): boolean {
  const page = window as unknown as { ConsentBanner?: unknown; CookieConsent?: unknown }
  if (page.ConsentBanner) return false
  page.ConsentBanner = api
  page.CookieConsent ??= api
  return true
}

function list(names: Names): readonly string[] {
  return typeof names === 'string' ? [names] : names
}
