/**
 * The parts that not every page needs: files of their own, which the server joins to the script when the site's
 * configuration needs them at the start, and which are fetched otherwise when a page first needs them.
 * A part sees the core through its door only (door.ts).
 */
import { adoptConfig, base, config, ownNonce } from './config'
import type { Config } from './config'
import { loadScript } from './scripts'
import type { Change } from './state'

export interface Parts {
  readonly preferences: {
    /** closed: called once the dialog is gone, with the element that had the focus before it came. */
    readonly open: (closed: (opener: Element | null) => void) => void
    readonly close: () => void
  }
  readonly question: {
    /** Asks about the first waiting service; true when it has put a new question. */
    readonly ask: () => boolean
    /** True when there was a question to remove. */
    readonly remove: () => boolean
  }
  readonly embeds: {
    /** Opens and closes what is gated and no script; true so that the caller knows it was done. */
    readonly scan: (change?: Change) => true
    /** Covers the frames that are held back; needs texts and a body. */
    readonly hold: () => void
    /** Takes the covers away, for another language. */
    readonly uncoverAll: () => void
  }
  readonly extras: {
    /** Grants these services of a purpose ('all' or names) and refuses its other ones. */
    readonly acceptService: (names: string | readonly string[], purpose: string) => void
    /** Does what the page's `data-cc` says. */
    readonly act: (hook: Element, trusted: boolean) => void
    /** names: exact names or patterns; domain: only this one, otherwise the host and each domain above it. */
    readonly eraseCookies: (
      names: string | RegExp | readonly (string | RegExp)[],
      path?: string,
      domain?: string,
    ) => void
    /** Adds a script to the page; resolves to whether it loaded. */
    readonly loadScript: (src: string, attributes?: Readonly<Record<string, string>>) => Promise<boolean>
    /** true: the choice and its cookie are forgotten, what ran by it stops, and the notice asks again. */
    readonly reset: (forgetChoice?: boolean) => void
    readonly run: (settings?: unknown) => void
    /** Resolves to whether the layers now speak it. */
    readonly setLanguage: (language: string) => Promise<boolean>
  }
  /** It acts by itself. */
  readonly focus: true
}


export type Install = (door: () => unknown) => void

const RETRY_MS = 3_000 // a page that keeps needing it must not ask with every look

const present: Partial<Parts> = {}
const coming: Partial<Record<keyof Parts, Promise<boolean>>> = {}
let door: () => unknown
let arrived: () => void

/** joined: the parts that came with the script. later: called when a fetched one has arrived. */
export function startParts(core: unknown, joined: readonly Install[], later: () => void): void {
  door = () => core
  arrived = later
  for (const install of joined) install(door)
}

/** A part says that it is here. */
export function provide<Name extends keyof Parts>(name: Name, part: Parts[Name]): void {
  present[name] = part
}

export function part<Name extends keyof Parts>(name: Name): Parts[Name] | undefined {
  return present[name]
}

/** Resolves to the part, fetched if it is not here yet; to undefined when it cannot be had now. */
export async function need<Name extends keyof Parts>(name: Name): Promise<Parts[Name] | undefined> {
  if (!present[name]) {
    coming[name] ??= fetchPart(name)
    if (!(await coming[name])) setTimeout(() => delete coming[name], RETRY_MS)
  }
  return present[name]
}

/** Resolves to whether it has come. `texts` is no part: only the configuration, with all that any part shows. */
export function fetchPart(name: string, language = config.lang): Promise<boolean> {
  const address = `${base}embed/${config.site}/${name}.js?lang=${language}&v=${config.build}`
  return loadScript(address, { nonce: ownNonce })
}

/** What a fetched part calls: itself, and what the start did not carry (names, texts); texts alone change the language. */
export function join(install: Install | null, more: Partial<Config>): void {
  if (!install || more.lang === config.lang) {
    adoptConfig({ ...config, ...more, texts: { ...config.texts, ...more.texts } })
  }
  install?.(door)
  arrived()
}
