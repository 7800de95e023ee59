/** React: the tag as a component, the decisions as a hook, and children that wait for them. */
import { useEffect, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import type { ConsentBanner as Banner, ConsentHook, GatedAttributes } from './api.js'
import { loadConsentBanner } from './index.js'
import type { LoadOptions } from './index.js'
import { consent, NOTHING, snapshot, subscribe } from './store.js'
import type { Consent } from './store.js'

export type { Consent }

export type ConsentBannerProps = LoadOptions & {
  readonly onReady?: (banner: Banner) => void
  /** Without the banner everything optional stays refused. */
  readonly onError?: (error: unknown) => void
}

/** Brings the banner onto the page, once, however often it is rendered. Draws nothing itself. */
export function ConsentBanner({ onReady, onError, ...options }: ConsentBannerProps): null {
  useEffect(() => {
    loadConsentBanner(options).then(onReady, onError ?? (() => undefined))
  }, [])
  return null
}

/** What is decided now; the component is drawn again when that changes. */
export function useConsent(): Consent {
  return consent(useSyncExternalStore(subscribe, snapshot, () => NOTHING))
}

export interface GatedProps {
  readonly category: string
  readonly service?: string
  /** Drawn as long as it is not granted. */
  readonly fallback?: ReactNode
  readonly children?: ReactNode
}

/** Draws its children only while their purpose, or service, is granted. */
export function Gated({ category, service, fallback = null, children }: GatedProps): ReactNode {
  return useConsent().accepted(category, service) ? children : fallback
}

declare module 'react' {
  // the type parameter must be named as React's own
  interface HTMLAttributes<T> extends GatedAttributes {
    'data-cc'?: ConsentHook
  }
}
