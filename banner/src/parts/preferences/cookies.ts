/** The names that the services of a purpose store under, as a table: what, of whom, for how long. */
import { config, element } from '../../core/door'
import type { Service } from '../../core/config'

export function cookieTable(services: readonly Service[]): HTMLElement | undefined {
  const rows = services.flatMap((service) => (service.names ?? []).map((name) => rowOf(name, service)))
  if (!rows.length) return undefined
  const { cookies, cookie, services: service, keeps } = config.texts
  const heads = [cookie, service, keeps].map((text) => element('th', { scope: 'col' }, text))
  return element(
    'table',
    { class: 'cs-cookies' },
    element('caption', {}, cookies),
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...rows),
  )
}

function rowOf(name: string, { name: service, keeps }: Service): HTMLElement {
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, element('code', {}, name)),
    element('td', {}, service),
    element('td', {}, keeps),
  )
}
