/**
 * Global Privacy Control (https://w3c.github.io/gpc/): the browser asks not to have data sold or shared. It refuses the
 * purposes that the site names for it, before anything is asked; a choice that the visitor makes later wins.
 */
import { config } from './config'
import { byKey } from './keys'
import { decide, state } from './state'

/** The server saw the header, or the page sees the property. */
export function hasGpc(): boolean {
  return config.signal || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true
}

export function heedSignal(): void {
  if (!state.action && config.gpc && hasGpc()) {
    decide('gpc', byKey(config.gpc, () => false), {}, { layer: 'page', trusted: false })
  }
}
