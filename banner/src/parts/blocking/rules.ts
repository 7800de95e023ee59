/**
 * Which service an address or a name belongs to: by whole hosts and their subdomains, never by parts of an address, so
 * a file of the page's own called analytics.js is nobody's.
 */
import { config, mayUse } from '../../core/door'
import type { Service } from '../../core/config'

/** The refused or undecided service behind an address; undefined when it may be used. */
export function heldAddress(address: string): Service | undefined {
  let host: string
  try {
    host = new URL(address, document.baseURI).hostname
  } catch {
    return undefined
  }
  return held((service) => service.hosts?.some((one) => host === one || host.endsWith(`.${one}`)))
}

/** The refused or undecided service that writes a cookie or storage key of this name. */
export function heldName(name: string): Service | undefined {
  return held((service) => service.names?.some((pattern) => matches(pattern, name)))
}

/** "_ga_*" matches _ga_ and anything behind it; all other signs stand for themselves. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (!rest.length) return pattern === name
  const tail = rest.pop() ?? ''
  return name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail)
}

function held(isOf: (service: Service) => boolean | undefined): Service | undefined {
  const service = config.services.find(isOf)
  return service && !mayUse(service.purpose, service.key) ? service : undefined
}
