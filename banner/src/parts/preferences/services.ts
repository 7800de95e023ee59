/** The services behind one purpose, folded away: who is behind each, what it stores and for how long. */
import type { Service } from '../../core/config'
import { config, element } from '../../core/door'
import { cookieTable } from './cookies'

export function listServices(purpose: string): HTMLElement | undefined {
  const listed = config.services.filter((service) => service.purpose === purpose)
  if (!listed.length) return undefined
  return element(
    'details',
    { class: 'cs-services' },
    element('summary', {}, `${config.texts.services} (${listed.length})`),
    element('ul', {}, ...listed.map(about)),
    cookieTable(listed),
  )
}

function about({ name, vendor, stores, keeps }: Service): HTMLElement {
  const { texts } = config
  const facts = [[texts.vendor, vendor], [texts.stores, stores], [texts.keeps, keeps]] as const
  return element(
    'li',
    {},
    element('b', {}, name),
    element(
      'dl',
      { class: 'cs-facts' },
      ...facts.flatMap(([term, fact]) => (fact ? [element('dt', {}, term), element('dd', {}, fact)] : [])),
    ),
  )
}
