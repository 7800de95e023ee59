/** Verbs of the script global that few pages call; fetched with the first call, or to heal a jar. */
import {
  acceptAll, answerServices, api, config, drawLayers, forget, loadScript, provide, refuseAll, speak, state, writeCookie,
} from '../../core/door'
import type { Origin } from '../../core/state'
import { eraseCookies } from './jar'

const OURS = 'cs_consent'
const BY_SCRIPT = { layer: 'api', trusted: false } as const

const ACTS: Readonly<Record<string, (origin: Origin) => unknown>> = {
  'show-preferencesModal': api.showPreferences,
  'show-consentModal': api.show,
  'accept-all': acceptAll,
  'accept-necessary': refuseAll,
}

provide('extras', {
  act: (hook, trusted) => void ACTS[hook.getAttribute('data-cc') ?? '']?.({ layer: 'api', trusted }),
  acceptService(names, purpose) {
    const own = config.services.filter((service) => service.purpose === purpose)
    const named = [names].flat()
    answerServices(Object.fromEntries(own.map(({ key }) => [key, named[0] === 'all' || named.includes(key)])), BY_SCRIPT)
  },
  eraseCookies,
  loadScript,
  reset(forgetChoice = false) {
    if (forgetChoice) forget()
  },
  run() {
    // the tag starts by itself
  },
  async setLanguage(language) {
    const spoken = await speak(language)
    if (spoken) drawLayers()
    return spoken
  },
})

/** Two cookies of our name (another path, another domain) would keep contradicting each other: the newest stays alone. */
const ours = document.cookie.split('; ').filter((pair) => pair.startsWith(`${OURS}=`))
if (ours[1]) {
  const newest = ours.find((pair) => state.id && pair.includes(state.id)) ?? ''
  eraseCookies(OURS)
  if (state.action) writeCookie(state, newest.split('.').slice(5).join('.')) // with a token only if it had one
}
