/**
 * Reports the page view for the access log that the law asks for, whatever the visitor chose; or, where a site keeps
 * it by consent, only for a visitor who had granted its purpose when the page came: consent does not reach back.
 * It says nothing that the request does not carry anyway: a path without its query and the referrer's origin only.
 */
import { base, config } from './config'
import { token } from './cookie'
import { newId } from './id'
import { state } from './state'

export function reportVisit(): void {
  if (!config.visits) return
  if ((document as { prerendering?: boolean }).prerendering) {
    document.addEventListener('prerenderingchange', send, { once: true })
  } else {
    send()
  }
}

function send(): void {
  if (config.visits !== true && !(token && state.purposes[config.visits!] === true)) return
  const body = JSON.stringify({
    site: config.site,
    visit_id: newId(),
    path: location.pathname,
    referrer: document.referrer.split('/', 3).join('/'), // its origin; '' when there is none
    visitor: token,
  })
  navigator.sendBeacon?.(`${base}v1/visits`, body) // some browsers let people switch it off
}
