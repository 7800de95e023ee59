/** CC3's `data-cc` attributes: any element of the page may open a layer or decide, by one listener for all. */
import { acceptAll, refuseAll } from './choices'
import { showNotice, showPreferences } from './layers'
import type { Origin } from './state'

const ACTS: Readonly<Record<string, (origin: Origin) => void>> = {
  'show-preferencesModal': showPreferences,
  'show-consentModal': showNotice,
  'accept-all': acceptAll,
  'accept-necessary': refuseAll,
}

export function hearHooks(): void {
  document.addEventListener('click', (event) => {
    const hook = (event.target as Element | null)?.closest?.('[data-cc]')
    const act = ACTS[hook?.getAttribute('data-cc') ?? '']
    if (!act) return
    event.preventDefault() // often a link
    act({ layer: 'api', trusted: event.isTrusted })
  })
}
