/**
 * What the server bakes around this script: the site, its purposes and services, the texts of one language.
 * Wire contract: the embed answer is `(function(__CONSENT_CONFIG__,__CONSENT_PARTS__){ this file })({...},[...])`.
 * It is trusted as it comes: the server validated it when the policy version was published. What only a part shows
 * comes with that part (parts.ts, join).
 */
import type { Install } from './parts'
import type { Texts } from './texts'

export interface Label {
  readonly name: string
  readonly text: string
}

export interface Service {
  readonly key: string
  readonly purpose: string
  readonly name: string
  readonly vendor: string
  readonly stores: string
  readonly keeps: string
  /** Names of cookies and storage keys; * stands for any characters. */
  readonly names?: readonly string[]
  /** Hosts that it is loaded from; their subdomains belong to it too. */
  readonly hosts?: readonly string[]
}

/** Google Consent Mode v2, when the site uses it. */
export interface GoogleSettings {
  /** The purpose that each signal follows. */
  readonly signals: Readonly<Record<string, string>>
  /** Other defaults for countries or their parts (ISO 3166-2), in Google's own words. */
  readonly regions?: readonly object[]
  /** `gtag('set', name, value)`: ads_data_redaction, url_passthrough. */
  readonly set?: Readonly<Record<string, boolean>>
  /** How long tags wait for the visitor's stored choice, milliseconds; 500 unless said. */
  readonly wait?: number
}

/** One thing that an earlier choice does not cover. `of`: the purpose that a service serves; a purpose has none. */
export interface Asked {
  readonly key: string
  readonly of?: string
  readonly name: string
  readonly text: string
  readonly why: string
}

/** Versions of before, and the places of the answers in their cookies. */
export interface Past {
  readonly from: number
  readonly to: number
  readonly purposes: readonly string[]
  readonly services: readonly string[]
  readonly items: readonly Asked[]
}

/** The announced version. */
export interface Coming {
  readonly version: number
  readonly text: string
  readonly url: string
}

export interface Config {
  readonly site: string
  readonly version: number
  /** The oldest version whose choices still hold; absent when that is `version`. */
  readonly since?: number
  readonly sha256: string
  readonly lang: string
  /** Absent when it is ltr. */
  readonly dir?: 'rtl'
  readonly languages: readonly string[]
  /** How long a choice holds. */
  readonly days: number
  /** Present when page views are reported; the key of a purpose: only of those who have granted it. */
  readonly visits?: true | string
  /** Names the build and the version, so that a part fetched later fits this script. */
  readonly build: string
  /** Keys of the optional purposes, in the order of the switches. */
  readonly purposes: readonly string[]
  /** Keys of the purposes that Global Privacy Control refuses. */
  readonly gpc?: readonly string[]
  /** Present when the request for the script carried Sec-GPC: 1. */
  readonly signal?: true
  /** Present where purposes without an answer may be used: the visitor's region lets a site opt out only. */
  readonly open?: true
  /** Present where nobody is asked. */
  readonly silent?: true
  /** Present when the site wants the page loaded anew after something was taken back. */
  readonly reload?: true
  /** Earlier versions whose choices hold in part; comes with the part "changes", like what is announced. */
  readonly again?: readonly Past[]
  readonly coming?: Coming
  /** Key and purpose; the rest comes with the parts that show it. */
  readonly services: readonly Service[]
  /** By purpose; comes with the preferences, like the address of the notice. */
  readonly labels: Readonly<Record<string, Label>>
  readonly policy_url: string
  readonly google?: GoogleSettings
  /** Rules for the place and colours that the site chose; undefined for none. */
  readonly css?: string
  readonly texts: Texts
}

declare const __CONSENT_CONFIG__: Config
declare const __CONSENT_PARTS__: readonly Install[]

// Only set while the script runs its first task: nothing may be awaited before this line.
const tag = document.currentScript as HTMLScriptElement

/** Where the service lives, with a slash at the end: everything before `embed/` in the tag's address. */
export const base = tag.src.slice(0, tag.src.lastIndexOf('embed/'))

/** The language the page asks for on the tag; the page's own is read when it is needed. */
export const wishedLanguage = tag.dataset['lang']

/** What the page vouched our tag with; our own parts carry it too. */
export const ownNonce = tag.nonce

export const joinedParts = __CONSENT_PARTS__

/** The configuration in force. Only the language of its texts ever changes, and a part may add to it. */
export let config: Config = __CONSENT_CONFIG__

export function adoptConfig(next: Config): void {
  config = next
}

export function serviceOf(key: string | undefined): Service | undefined {
  return config.services.find((service) => service.key === key)
}
