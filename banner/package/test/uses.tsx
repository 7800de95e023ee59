/** Good uses of the typings compile; bad ones do not. Nothing here ever runs. */
import { loadConsentBanner } from 'consent-server-banner'
import type { ConsentBanner as Banner, ConsentDetail } from 'consent-server-banner'
import { ConsentBanner, Gated, useConsent } from 'consent-server-banner/react'
import { consentBanner, useConsent as useVueConsent } from 'consent-server-banner/vue'
import type { App } from 'vue'

export function theGlobalBeforeItsScript(): void {
  window.ConsentBanner = window.ConsentBanner || []
  window.ConsentBanner.push(['acceptAll'])
  window.ConsentBanner.push(['acceptCategory', ['analytics'], 'marketing'])
  window.ConsentBanner.push(['on', 'change', (detail) => detail.categories.includes('analytics')])
  // @ts-expect-error no such method
  window.ConsentBanner.push(['acceptEverything'])
  // @ts-expect-error a word is missing
  window.ConsentBanner.push(['acceptService', 'pulse'])
  // @ts-expect-error not a call
  window.ConsentBanner.push('acceptAll')
  // @ts-expect-error it may still be the queue
  window.ConsentBanner.acceptAll()
  if (!Array.isArray(window.ConsentBanner)) window.ConsentBanner.acceptAll()
}

export async function theBanner(banner: Banner): Promise<void> {
  const stop: () => void = banner.on('first', ({ source }: ConsentDetail) => source === 'api')
  stop()
  banner.acceptCategory([], ['marketing'])
  const isLoaded: boolean | undefined = await banner.loadScript('/pulse.js', { crossorigin: '' })
  const accepted: readonly string[] = banner.getUserPreferences().acceptedCategories
  const id: string | undefined = banner.getCookie('consentId')
  const days: number = banner.getConfig('days')
  void [isLoaded, accepted, id, days]
  // @ts-expect-error no such event
  banner.on('changed', () => undefined)
  // @ts-expect-error patterns name cookies, not purposes
  banner.acceptCategory(/analytics/)
  // @ts-expect-error a service needs its purpose
  banner.acceptedService('pulse')
  // @ts-expect-error no such field
  banner.getCookie('address')
  // @ts-expect-error the service's configuration is read only
  banner.getConfig('purposes').push('marketing')
}

export function events(): void {
  document.addEventListener('consent:change', ({ detail }) => detail.changed.length)
  window.addEventListener('consent:ready', ({ detail }) => detail.cookie.consentId?.length)
  // @ts-expect-error no such field
  document.addEventListener('consent:ready', ({ detail }) => detail.granted)
}

export function loading(app: App): void {
  void loadConsentBanner({ server: 'https://consent.example', siteKey: 'k', lang: 'ko', nonce: 'n' })
  void loadConsentBanner({ src: 'https://consent.example/embed/k.js', integrity: 'sha384-x' })
  // @ts-expect-error whose banner?
  void loadConsentBanner({ server: 'https://consent.example' })
  app.use(consentBanner, { server: 'https://consent.example', siteKey: 'k' })
  // @ts-expect-error no service
  app.use(consentBanner, { siteKey: 'k' })
  const isAllowed: boolean = useVueConsent().accepted('analytics', 'pulse')
  void isAllowed
}

export function Page() {
  const { accepted, accept } = useConsent()
  // @ts-expect-error it takes names, not a decision
  accept(true)
  return (
    <>
      <ConsentBanner server="https://consent.example" siteKey="k" onReady={(banner) => banner.show()} />
      <Gated category="marketing" service="reelbrook" fallback={<button onClick={() => accept('marketing')}>Film</button>}>
        <iframe src="/film" />
      </Gated>
      <button data-cc="show-preferencesModal">{accepted('analytics') ? 'on' : 'off'}</button>
      <script type="text/plain" data-category="!analytics" data-src="/gone.js" />
      {/* @ts-expect-error no such hook */}
      <button data-cc="accept-most" />
      {/* @ts-expect-error what does it need? */}
      <Gated service="reelbrook">film</Gated>
      {/* @ts-expect-error no site */}
      <ConsentBanner server="https://consent.example" />
    </>
  )
}
