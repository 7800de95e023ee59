/**
 * Adds the one tag of the banner to the page, once. Importing this touches no window, so that it may be imported
 * where pages are rendered on a server; the page itself is first looked at when `loadConsentBanner` is called.
 */
import type { ConsentBanner } from './api.js'

export type * from './api.js'

interface Tag {
  /** Speak this language instead of the page's or the browser's. */
  readonly lang?: string
  /** For a page with a Content-Security-Policy. */
  readonly nonce?: string
  /** Hash of the script, for an address that names a version. */
  readonly integrity?: string
}

/** The service and the site's key, or the whole address of the script: where it must be, a TrustedScriptURL. */
export type LoadOptions = Tag &
  ({ readonly server: string; readonly siteKey: string } | { readonly src: string | { toString(): string } })

let coming: Promise<ConsentBanner> | undefined

/**
 * Resolves to the banner once it is on the page, whoever put it there. Rejects when it cannot be had, and on a
 * server; a later call tries again.
 */
export function loadConsentBanner(options: LoadOptions): Promise<ConsentBanner> {
  coming ??= load(options).catch((error: unknown) => {
    coming = undefined
    throw error
  })
  return coming
}

/** The banner, when it is here. */
export function banner(): ConsentBanner | undefined {
  const found = globalThis.ConsentBanner as typeof globalThis.ConsentBanner | undefined
  return Array.isArray(found) ? undefined : found
}

function load(options: LoadOptions): Promise<ConsentBanner> {
  return new Promise((resolve, reject) => {
    const here = banner()
    if (here) return resolve(here)
    const tag = theTag(options)
    const settle = () => {
      const found = banner()
      if (found) return resolve(found)
      tag.remove() // so that a later call does not wait for it
      reject(new Error(`no banner from ${tag.src}`))
    }
    tag.addEventListener('load', settle)
    tag.addEventListener('error', settle)
  })
}

/** The page's own tag while it may still come: one without effect on a page that is complete has failed. */
function theTag({ lang = '', nonce = '', integrity = '', ...where }: LoadOptions): HTMLScriptElement {
  const src = 'src' in where ? where.src : `${where.server.replace(/\/$/, '')}/embed/${where.siteKey}.js`
  const tag = document.createElement('script')
  tag.dataset['lang'] = lang
  Object.assign(tag, { async: true, nonce, integrity, crossOrigin: integrity ? '' : null, src })
  const own = [...document.scripts].find(({ src }) => src === tag.src && document.readyState !== 'complete')
  if (!own) document.head.append(tag)
  return own ?? tag
}
