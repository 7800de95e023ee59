/**
 * The question about what is new, and nothing else: each thing with its reason, then answers of equal size and order.
 * It blocks nothing and takes no focus; Esc puts it away for this page view and decides nothing.
 */
import { announce, api, button, choice, config, decide, element, inOurLanguage, place, state } from '../../core/door'
import type { Asked } from '../../core/config'
import type { Origin } from '../../core/state'
import { askedNow } from './past'

/** last: what stands below, if anything. putAway: called by Esc. */
export function drawCard(last: Node | undefined, putAway: () => void): HTMLElement {
  const { changed, others_stay, details } = config.texts
  const items = askedNow()
  const words = element(
    'div',
    { class: 'cs-words' },
    element('h2', {}, changed),
    element('p', {}, others_stay),
    ...items.map((item) => row(item, items.length > 1)),
    button(details, 'show', () => void api.showPreferences(), 'cs-link'),
    last,
  )
  const card = element('section', { id: 'cs-changes', class: 'cs-card', 'aria-label': changed }, words, answers(items))
  card.onkeydown = ({ key }) => {
    if (key === 'Escape') putAway()
  }
  place(inOurLanguage(card))
  announce(changed)
  return card
}

/** Several things are several questions (PIPA 22(1)): each has a box of its own, off until it is ticked. */
function row({ key, of, name, text, why }: Asked, isOneOfMany: boolean): HTMLElement {
  const box = element('input', { type: 'checkbox', 'data-asked': nameOf(key, of) })
  const title = element('b', {}, why ? `${name} (${why})` : name)
  const head = isOneOfMany ? element('label', {}, box, ' ', title) : title
  return element('div', { class: 'cs-asked' }, head, element('p', {}, text))
}

function answers(items: readonly Asked[]): HTMLElement {
  const { allow, refuse, accept_all, refuse_all, save } = config.texts
  const isMany = items.length > 1
  const all = (granted: boolean) => (origin: Origin) => answer(items, () => granted, origin)
  return element(
    'div',
    { class: 'cs-buttons' },
    choice(isMany ? accept_all : allow, 'allow', all(true), 'notice'),
    ...(isMany ? [choice(save, 'save', (origin) => answer(items, isTicked, origin), 'notice')] : []),
    choice(isMany ? refuse_all : refuse, 'refuse', all(false), 'notice'),
  )
}

function isTicked({ key, of }: Asked): boolean {
  const boxes = document.querySelectorAll<HTMLInputElement>('#cs-changes [data-asked]')
  return [...boxes].some(({ checked, dataset }) => checked && dataset['asked'] === nameOf(key, of))
}

/** A normal decision: what stays and what was answered, together. */
function answer(items: readonly Asked[], isGranted: (item: Asked) => boolean, origin: Origin): void {
  const of = (kind: boolean) => items.filter((item) => !item.of === kind).map((item) => [item.key, isGranted(item)])
  const purposes = { ...state.purposes, ...Object.fromEntries(of(true)) }
  const services = { ...state.services, ...Object.fromEntries(of(false)) }
  decide('customise', purposes, services, origin)
}

function nameOf(key: string, of = ''): string {
  return `${of}/${key}`
}
