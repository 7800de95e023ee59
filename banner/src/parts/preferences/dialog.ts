/**
 * The second layer: one switch per optional purpose, off unless granted before; what is necessary stands apart and has
 * no switch. Closing discards what was switched and decides nothing. Built when it is opened and gone when it is
 * closed.
 */
import {
  acceptAll, askEach, button, choice, choosePurposes, config, element, hasGpc, inOurLanguage, place, refuseAll, state,
  withdraw,
} from '../../core/door'
import type { Origin } from '../../core/state'
import { languageChoice } from './languages'
import { listServices } from './services'

let dialog: HTMLDialogElement | undefined
let afterClosing: () => void = () => undefined

/** closed: called once the dialog is gone, with the element that had the focus before it came. */
export function openPreferences(closed: (opener: Element | null) => void): void {
  if (dialog) return
  const opener = document.activeElement
  afterClosing = () => closed(opener)
  const made = inOurLanguage(
    element(
      'dialog',
      { id: 'cs-preferences', class: 'cs-card', 'aria-labelledby': 'cs-preferences-title' },
      element('div', { class: 'cs-sheet' }, head(), main(), foot()),
    ),
  )
  made.addEventListener('click', ({ target }) => {
    if (target === made) closePreferences() // the sheet fills the dialog, so this was the backdrop
  })
  made.addEventListener('close', () => {
    if (dialog === made) closePreferences() // Esc; the event comes late, and there may be another one by then
  })
  dialog = made
  place(made)
  made.showModal()
  if (!made.offsetHeight) closePreferences() // hidden by a content blocker: never leave the page locked behind it
}

export function closePreferences(): void {
  const closing = dialog
  if (!closing) return
  dialog = undefined
  closing.close() // gives the focus back to the opener, if it is still there
  closing.remove()
  afterClosing()
}

function head(): HTMLElement {
  const { preferences_title, close } = config.texts
  const closer = button('', 'close', closePreferences, 'cs-close')
  closer.ariaLabel = close
  const title = element(
    'h2',
    { id: 'cs-preferences-title', tabindex: '-1', autofocus: '' },
    preferences_title,
  )
  return element('div', { class: 'cs-head' }, title, closer)
}

function main(): HTMLElement {
  const { preferences_body, necessary, necessary_text, always_on, policy } = config.texts
  return element(
    'div',
    { class: 'cs-main' },
    element('p', { class: 'cs-text' }, preferences_body),
    config.gpc && hasGpc() ? element('p', { class: 'cs-text' }, config.texts.gpc) : undefined,
    element(
      'div',
      { class: 'cs-purpose' },
      element('p', { class: 'cs-row' }, element('b', {}, necessary), element('span', { class: 'cs-fixed' }, always_on)),
      element('p', { class: 'cs-text' }, necessary_text),
      listServices('necessary'),
    ),
    ...config.purposes.map(purposeRow),
    element('p', { class: 'cs-more' }, link(policy, config.policy_url), withdrawal(), languageChoice()),
    proof(),
  )
}

function purposeRow(key: string): HTMLElement {
  const { name, text } = config.labels[key]!
  const about = `cs-about-${key}`
  const control = element('input', {
    type: 'checkbox',
    role: 'switch',
    class: 'cs-switch',
    'data-category': key,
    'aria-describedby': about,
  })
  control.checked = state.purposes[key] === true
  return element(
    'div',
    { class: 'cs-purpose' },
    element('label', { class: 'cs-row' }, element('b', {}, name), control),
    element('p', { class: 'cs-text', id: about }, text),
    listServices(key),
  )
}

function foot(): HTMLElement {
  const { accept_all, ask_each, refuse_all, save } = config.texts
  return element(
    'div',
    { class: 'cs-foot cs-buttons' },
    choice(accept_all, 'all', acceptAll, 'preferences'),
    choice(ask_each, 'ask', askEach, 'preferences'),
    choice(refuse_all, 'necessary', refuseAll, 'preferences'),
    choice(save, 'save', (origin) => choosePurposes(switchedOn(), origin), 'preferences'),
  )
}

function switchedOn(): string[] {
  const on = dialog?.querySelectorAll<HTMLInputElement>('input[data-category]:checked') ?? []
  return Array.from(on, ({ dataset }) => dataset['category'] ?? '')
}

function withdrawal(): HTMLElement | undefined {
  const granted = [...Object.values(state.purposes), ...Object.values(state.services)].includes(true)
  return granted
    ? button(config.texts.withdraw, 'withdraw', (event) => withdraw(byHand(event)), 'cs-link')
    : undefined
}

/** The consent id and the time, so that a visitor can name their record to the operator. */
function proof(): HTMLElement | undefined {
  if (!state.id) return undefined
  const { consent_id, decided_at } = config.texts
  const time = new Date(state.at * 1000).toLocaleString(config.lang, { dateStyle: 'long', timeStyle: 'short' })
  return element(
    'dl',
    { class: 'cs-facts cs-proof' },
    element('dt', {}, consent_id),
    element('dd', {}, element('code', {}, state.id), copier()),
    element('dt', {}, decided_at),
    element('dd', {}, time),
  )
}

/** Copying needs a secure page and may be forbidden: then the id stays selectable, and nothing claims it was copied. */
function copier(): HTMLElement | undefined {
  const { clipboard } = navigator as { clipboard?: Clipboard }
  const { copy, copied } = config.texts
  if (!clipboard) return undefined
  const act = async () => {
    await clipboard.writeText(state.id)
    made.textContent = copied // the live region outside is inert while the dialog is open
  }
  const made = button(copy, 'copy', () => void act().catch(() => undefined), 'cs-link')
  made.ariaLive = 'polite'
  return made
}

function link(label: string, href: string): HTMLAnchorElement {
  return element('a', { class: 'cs-link', href, target: '_blank', rel: 'noopener' }, label)
}

function byHand({ isTrusted }: Event): Origin {
  return { layer: 'preferences', trusted: isTrusted }
}
