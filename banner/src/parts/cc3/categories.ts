/** What a page's CC3 configuration says by category: callbacks of services, and cookies to clear on refusal. */
import { mayUse } from '../../core/door'
import type { State } from '../../core/state'
import { eraseCookies } from '../extras/jar'

interface CookieItem {
  readonly name: string | RegExp
  readonly path?: string
  readonly domain?: string
}

interface Service {
  readonly onAccept?: () => void
  readonly onReject?: () => void
  readonly cookies?: readonly CookieItem[]
}

interface Category {
  readonly services?: Readonly<Record<string, Service>>
  readonly autoClear?: { readonly cookies?: readonly CookieItem[]; readonly reloadPage?: boolean }
}

export type Categories = Readonly<Record<string, Category>>

const running = new Set<string>()

/** Calls back for every service that may run since the last look, or no longer may. */
export function hearServices(categories: Categories = {}): void {
  for (const [category, service, { onAccept, onReject }] of servicesOf(categories)) {
    const name = `${category} ${service}`
    const isAllowed = mayUse(category, service)
    if (isAllowed === running.has(name)) continue
    if (isAllowed) running.add(name)
    else running.delete(name)
    ;(isAllowed ? onAccept : onReject)?.()
  }
}

/**
 * Clears the cookies of what is refused. before: only of what was allowed then.
 * Returns whether the page wants to be loaded anew for it.
 */
export function clearRefused(categories: Categories = {}, before?: State): boolean {
  const isRefused = (category: string, service?: string) =>
    !mayUse(category, service) && (!before || mayUse(category, service, before))
  const refused = Object.entries(categories).flatMap(([category, { autoClear }]) =>
    autoClear && isRefused(category) ? [autoClear] : [],
  )
  const cookies = refused.flatMap((clear) => clear.cookies ?? [])
  for (const [category, service, known] of servicesOf(categories)) {
    if (isRefused(category, service)) cookies.push(...(known.cookies ?? []))
  }
  for (const { name, path, domain } of cookies) eraseCookies(name, path, domain)
  return !!before && refused.some((clear) => clear.reloadPage)
}

function servicesOf(categories: Categories): [string, string, Service][] {
  return Object.entries(categories).flatMap(([category, { services = {} }]) =>
    Object.entries(services).map(([name, service]): [string, string, Service] => [category, name, service]),
  )
}
