/** Vue: the tag as a plugin, the decisions as a composable, and slots that wait for them. */
import { defineComponent, onBeforeUnmount, onMounted, reactive } from 'vue'
import type { App } from 'vue'
import { loadConsentBanner } from './index.js'
import type { LoadOptions } from './index.js'
import { consent, snapshot, subscribe } from './store.js'
import type { Consent } from './store.js'

export type { Consent }

/** `app.use(consentBanner, { server, siteKey })` brings the banner onto the page and knows `<Gated>` everywhere. */
export const consentBanner = {
  install(app: App, options: LoadOptions): void {
    app.component('Gated', Gated)
    loadConsentBanner(options).catch(() => undefined) // on a server, or without network: what is optional stays refused
  },
}

/** What is decided now, reactive: `consent.ready`, `consent.accepted('analytics')`. Call it in `setup`. */
export function useConsent(): Consent {
  const known = reactive(consent())
  const look = () => Object.assign(known, consent(snapshot()))
  onMounted(() => {
    onBeforeUnmount(subscribe(look))
    look()
  })
  return known
}

/** Draws its slot only while its purpose, or service, is granted; the slot `fallback` otherwise. */
export const Gated = defineComponent({
  props: { category: { type: String, required: true }, service: String },
  setup(props, { slots }) {
    const known = useConsent()
    return () => slots[known.accepted(props.category, props.service) ? 'default' : 'fallback']?.()
  },
})
