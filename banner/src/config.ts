/**
 * What the server bakes around this script: the site, its purposes and services, the texts of one language.
 * Wire contract: the embed answer is `(function(__CONSENT_CONFIG__){ this file })({...})`.
 * It is trusted as it comes: the server validated it when the policy version was published.
 */
import type { Texts } from './texts'

export interface Purpose {
  readonly key: string
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
}

export interface Config {
  readonly site: string
  readonly version: number
  readonly sha256: string
  readonly lang: string
  readonly languages: readonly string[]
  readonly days: number
  readonly visits: boolean
  readonly purposes: readonly Purpose[]
  readonly services: readonly Service[]
  readonly policy_url: string
  readonly texts: Texts
}

declare const __CONSENT_CONFIG__: Config

// currentScript is only set while the script runs its first task: nothing may be awaited before this line.
const tag = (document.currentScript ?? document.querySelector('script[src*="/embed/"]')) as HTMLScriptElement | null

/** Where the service lives, with a slash at the end: everything before `embed/` in the tag's address. */
export const base = tag ? tag.src.slice(0, tag.src.lastIndexOf('embed/')) : '/'

/** The language the page asks for on the tag; the page's own is read when it is needed. */
export const wishedLanguage = tag?.dataset['lang']

/** The configuration in force. Only the language of its texts ever changes. */
export let config: Config = __CONSENT_CONFIG__

export function adoptConfig(next: Config): void {
  config = next
}

export function serviceOf(key: string | undefined): Service | undefined {
  return config.services.find((service) => service.key === key)
}
