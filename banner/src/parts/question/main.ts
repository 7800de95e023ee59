/**
 * "Ask me each time": when a gated service is on the page and has no answer yet, a small card names it,
 * what it stores and for how long. One question at a time; it blocks nothing and takes no focus. "Allow" holds for this
 * session only (session.ts), "refuse" and "always" until the visitor changes their mind. A gated node that names no
 * service we know stays held back in this mode: there is nothing truthful to ask about.
 */
import {
  adoptStyles, announce, answerServices, choice, config, element, gates, inOurLanguage, isOpen, place, provide,
  serviceOf, state,
} from '../../core/door'
import type { Service } from '../../core/config'
import type { Origin } from '../../core/state'
import { fill } from '../fill'
import { allowOnce, forAlways } from './session'
import css from './styles.css'

let question: HTMLElement | undefined
const putOff = new Set<string>() // by Esc, for this page view

/** Asks about the first waiting service, unless a question is open already. True when it has put a new one. */
function askNext(): boolean {
  const service = question || state.action !== 'ask_each' ? undefined : waiting()
  if (!service) return false
  const { question_title, question_body } = config.texts
  const body = fill(question_body, { service: service.name, stores: service.stores, keeps: service.keeps })
  const region = { id: 'cs-question', class: 'cs-card', 'aria-label': question_title }
  question = inOurLanguage(
    element(
      'section',
      { ...region, 'data-service': service.key },
      element('h2', {}, question_title),
      element('p', { class: 'cs-text' }, body),
      element('div', { class: 'cs-buttons' }, ...answers(service.key)),
    ),
  )
  question.onkeydown = ({ key }) => {
    if (key === 'Escape') putAside(service.key)
  }
  place(question)
  announce(body)
  return true
}

function waiting(): Service | undefined {
  return gates()
    .filter((gate) => !gate.inverse && !isOpen(gate))
    .map((gate) => serviceOf(gate.service))
    .find((known) => known && state.services[known.key] === undefined && !putOff.has(known.key))
}

/** Equal in look and in order: once, never, always. */
function answers(key: string): HTMLElement[] {
  const { allow, refuse, always } = config.texts
  const answer = (granted: boolean) => (origin: Origin) => answerServices({ [key]: granted }, origin)
  return [
    choice(allow, 'allow', (origin) => allowOnce(key, () => answer(true)(origin)), 'question'),
    choice(refuse, 'refuse', answer(false), 'question'),
    choice(always, 'always', (origin) => forAlways(key, () => answer(true)(origin)), 'question'),
  ]
}

function putAside(key: string): void {
  putOff.add(key)
  removeQuestion()
  askNext()
}

function removeQuestion(): boolean {
  const wasOpen = question !== undefined
  question?.remove()
  question = undefined
  return wasOpen
}

adoptStyles(css)
provide('question', { ask: askNext, remove: removeQuestion })
