/**
 * The script global `ConsentBanner`, its events and its attributes. Written by hand as the manual of the API;
 * test/drift.ts proves that the script has exactly these methods.
 */

/** Where something was decided, shown or hidden; 'page' is the page view itself, 'api' a script. */
export type ConsentLayer = 'notice' | 'preferences' | 'question' | 'placeholder' | 'page' | 'api'

export type ConsentEventName = 'ready' | 'first' | 'change' | 'show' | 'hide'

/** What `consent:*` events carry, and what listeners given to `on` get. */
export interface ConsentDetail {
  /** Granted purposes, 'necessary' among them. */
  readonly categories: readonly string[]
  /** Services that may run, by their own answer or by their purpose. */
  readonly services: readonly string[]
  /** Purposes and services whose decision differs from before. */
  readonly changed: readonly string[]
  readonly cookie: ConsentCookie
  /** The layer that was used, shown or hidden. */
  readonly source: ConsentLayer
}

/** What the visitor decided; empty while nothing was. */
export interface ConsentCookie {
  readonly categories?: readonly string[]
  /** Services that may run, by purpose. */
  readonly services?: Readonly<Record<string, readonly string[]>>
  /** Number of the policy version that was shown. */
  readonly revision?: number
  readonly consentId?: string
  /** ISO 8601, UTC. */
  readonly consentTimestamp?: string
  readonly languageCode?: string
}

export interface ConsentPreferences {
  /** 'necessary' also while nothing was decided; see `validConsent`. */
  readonly acceptType: 'all' | 'custom' | 'necessary'
  readonly acceptedCategories: string[]
  readonly rejectedCategories: string[]
  readonly acceptedServices: Readonly<Record<string, readonly string[]>>
  readonly rejectedServices: Readonly<Record<string, readonly string[]>>
}

/** What the service says about the site. More is there, and may change with any version. */
export interface ConsentConfig {
  /** The site's key. */
  readonly site: string
  /** Number of the policy version that is shown. */
  readonly version: number
  readonly lang: string
  readonly languages: readonly string[]
  /** How long a choice counts. */
  readonly days: number
  /** Keys of the optional purposes, in the order of the switches. */
  readonly purposes: readonly string[]
  readonly services: readonly { readonly key: string; readonly purpose: string }[]
}

type Names = string | readonly string[]

/**
 * Method names are those of vanilla-cookieconsent 3. What they decide is recorded as decided by a script, so call
 * those that grant only in answer to something that the visitor did.
 */
export interface ConsentBanner {
  /**
   * Calls back at every event of a name, and at once when it has happened already.
   * @returns the function that stops it
   */
  on(name: ConsentEventName, listener: (detail: ConsentDetail) => void): () => void

  acceptAll(): void
  refuseAll(): void
  /** Grants nothing now; each service asks for itself when it appears on the page. */
  askEach(): void
  /** Takes back everything that was granted. */
  withdraw(): void
  /**
   * Allows these purposes and refuses all others.
   * @param names 'all', one purpose or several; without it, what is allowed now stays and the rest is refused
   * @param except purposes to refuse all the same
   */
  acceptCategory(names?: Names, except?: Names): void
  /** Allows these services of a purpose ('all' or names) and refuses its other ones. */
  acceptService(names: Names, purpose: string): Promise<void>

  acceptedCategory(purpose: string): boolean
  acceptedService(service: string, purpose: string): boolean
  /** True when every optional purpose has an answer that still counts. */
  validConsent(): boolean
  getUserPreferences(): ConsentPreferences
  getCookie(): ConsentCookie
  getCookie<Field extends keyof ConsentCookie>(field: Field): ConsentCookie[Field]
  getConfig(): ConsentConfig
  getConfig<Field extends keyof ConsentConfig>(field: Field): ConsentConfig[Field]

  /** Shows the three choices. */
  show(): void
  hide(): void
  showPreferences(): Promise<void>
  hidePreferences(): void
  /** @returns whether the banner speaks that language now */
  setLanguage(language: string): Promise<boolean | undefined>

  /**
   * Removes cookies of others. Without `path` and `domain`, on every folder of this page's path, and on the host and
   * all domains above it.
   */
  eraseCookies(names: string | RegExp | readonly (string | RegExp)[], path?: string, domain?: string): Promise<void>
  /** Adds a script to the page, gated by nothing. @returns whether it loaded */
  loadScript(src: string, attributes?: Readonly<Record<string, string>>): Promise<boolean | undefined>
  /** @param forget true: the choice and its cookie are forgotten, what ran by it stops, and the notice asks again */
  reset(forget?: boolean): Promise<void>
  /**
   * For pages that come from vanilla-cookieconsent: the tag starts by itself. With the site's setting `mirror_cc` the
   * callbacks of the configuration are called as there; its texts, categories and looks are the service's.
   */
  run(config?: unknown): Promise<void>
  /** Makes a call by name; before the script is here an array in its place collects them. */
  push(call: ConsentCall): void
}

/** `['acceptCategory', ['analytics']]`: a method's name and its words. */
export type ConsentCall = {
  [Name in Exclude<keyof ConsentBanner, 'push'>]: readonly [Name, ...Parameters<ConsentBanner[Name]>]
}[Exclude<keyof ConsentBanner, 'push'>]

/** Stands in for the global until the script is here: `window.ConsentBanner = window.ConsentBanner || []`. */
export type ConsentQueue = ConsentCall[]

/** Values of `data-cc`, on any element that opens a layer or decides when it is clicked. */
export type ConsentHook = 'show-preferencesModal' | 'show-consentModal' | 'accept-all' | 'accept-necessary'

/** Attributes that hold a script (with `type="text/plain"`), frame, image or link back until it is granted. */
export interface GatedAttributes {
  /** A purpose; `!analytics` on a script: runs when analytics is taken back. */
  'data-category'?: string
  'data-service'?: string
  /** The address that `src` gets. */
  'data-src'?: string
  /** The type that a script gets, such as 'module'. */
  'data-type'?: string
}

declare global {
  /** The banner; before its script is here, the page's own queue. `push` works on both. */
  var ConsentBanner: ConsentBanner | ConsentQueue

  interface DocumentEventMap {
    'consent:ready': CustomEvent<ConsentDetail>
    'consent:first': CustomEvent<ConsentDetail>
    'consent:change': CustomEvent<ConsentDetail>
    'consent:show': CustomEvent<ConsentDetail>
    'consent:hide': CustomEvent<ConsentDetail>
  }

  interface WindowEventMap {
    'consent:ready': CustomEvent<ConsentDetail>
    'consent:first': CustomEvent<ConsentDetail>
    'consent:change': CustomEvent<ConsentDetail>
    'consent:show': CustomEvent<ConsentDetail>
    'consent:hide': CustomEvent<ConsentDetail>
  }
}
