/**
 * For pages that were written for vanilla-cookieconsent 3 (its types/index.d.ts, version 3.1.0): `cc:*` events on
 * window, the callbacks and the cookies to clear that the page hands to `run`, and the verbs that only CC3 has.
 * Texts, looks and the mode of that configuration are not read: they are the service's, so that they are recorded.
 */
import { config, follow, mayUse, state } from '../../core/door'
import type { Change, State } from '../../core/state'
import { clearRefused, hearServices } from './categories'
import type { Categories } from './categories'

type Listener = (detail: object) => void

interface Asked {
  readonly categories?: Categories
  readonly autoClearCookies?: boolean
  readonly [callback: `on${string}`]: Listener | undefined
}

interface Banner {
  run(asked?: Asked): Promise<void>
  on(name: string, listener: (detail: { readonly source: string }) => void): void
  validCookie(name: string): boolean
  setCookieData(): boolean
  getCookie(field?: string): unknown
  getConfig(field?: string): unknown
}

const MODALS: Readonly<Record<string, string>> = { notice: 'consentModal', preferences: 'preferencesModal' }

const banner = (window as unknown as { ConsentBanner: Banner }).ConsentBanner
const { getCookie, getConfig } = banner
const hadChosen = isComplete(state)
let asked: Asked = {}
let last: Change | undefined
let hasBegun = false

/** From here on the page is told, at first the latest of what it missed: when it calls `run`, else once it is read. */
function begin(): void {
  if (hasBegun) return
  hasBegun = true
  hearServices(asked.categories)
  if (hadChosen) fire('onConsent')
  banner.on('first', decided)
  banner.on('change', decided)
  banner.on('show', ({ source }) => {
    const modal = document.getElementById(`cs-${source}`)
    fireModal('onModalReady', source, { modal })
    fireModal('onModalShow', source)
  })
  banner.on('hide', ({ source }) => fireModal('onModalHide', source))
}

function decided(): void {
  if (!last) return // told already
  const { before, after } = last
  last = undefined
  hearServices(asked.categories)
  if (!isComplete(after)) return
  const isFirst = !isComplete(before)
  const clears = asked.autoClearCookies !== false
  const isReloading = clears && clearRefused(asked.categories, isFirst ? undefined : before)
  if (isFirst) {
    fire('onFirstConsent')
    fire('onConsent')
  } else fire('onChange', differences(before))
  if (isReloading) setTimeout(() => location.reload())
}

function differences(before: State): object {
  const differs = (purpose: string, service?: string) => mayUse(purpose, service, before) !== mayUse(purpose, service)
  const servicesOf = (of: string) =>
    config.services.filter(({ key, purpose }) => purpose === of && differs(of, key)).map(({ key }) => key)
  return {
    changedCategories: config.purposes.filter((key) => differs(key)),
    changedServices: Object.fromEntries(config.purposes.map((key) => [key, servicesOf(key)])),
  }
}

function fire(name: `on${string}`, more: object = {}): void {
  tell(name, { cookie: cookie(), ...more })
}

function fireModal(name: `on${string}`, layer: string, more: object = {}): void {
  if (MODALS[layer]) tell(name, { modalName: MODALS[layer], ...more })
}

function tell(name: `on${string}`, detail: object): void {
  asked[name]?.(detail)
  dispatchEvent(new CustomEvent(`cc:${name}`, { detail }))
}

/** CC3 also keeps the time of the first choice and the page's own data; our cookie has no room for them. */
function cookie(): Record<string, unknown> {
  const known = getCookie() as Record<string, unknown>
  return known['consentId'] ? { ...known, lastConsentTimestamp: known['consentTimestamp'], data: null } : known
}

function isComplete({ purposes }: State): boolean {
  return config.purposes.every((key) => purposes[key] !== undefined)
}

Object.assign(banner, {
  async run(given: Asked = {}) {
    asked = given
    if (!hasBegun) return begin()
    hearServices(asked.categories)
    if (isComplete(state)) asked['onConsent']?.({ cookie: cookie() })
  },
  validCookie: (name: string) =>
    document.cookie.split('; ').some((pair) => pair.startsWith(`${name}=`) && pair.length > name.length + 1),
  setCookieData: () => false,
  getCookie: (field?: string) => (field ? cookie()[field] : cookie()),
  getConfig: (field?: string) => {
    const all = { ...(getConfig() as object), ...asked } as Record<string, unknown>
    return field ? all[field] : all
  },
})
follow((change) => {
  last = change
})
if (document.readyState === 'complete') setTimeout(begin)
else {
  document.addEventListener('DOMContentLoaded', begin)
  window.addEventListener('load', begin)
}
