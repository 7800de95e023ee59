/**
 * "Ask me each time": when a gated service is on the page and has no answer yet, a small card names it,
 * what it stores and for how long. One question at a time; it blocks nothing and takes no focus. A gated node that
 * names no service we know stays held back in this mode: there is nothing truthful to ask about.
 */
import {
  adoptStyles, announce, answerServices, choice, config, element, fill, gates, inOurLanguage, isOpen, place, provide,
  serviceOf, state,
} from '../../core/door'
import type { Origin } from '../../core/state'
import css from './styles.css'

let question: HTMLElement | undefined
const putOff = new Set<string>() // by Esc, for this page view

/** Asks about the first waiting service, unless a question is open already. True when it has put a new one. */
function askNext(): boolean {
  if (question || state.action !== 'ask_each') return false
  const waiting = gates().filter((gate) => !gate.inverse && !isOpen(gate))
  const service = waiting
    .map((gate) => serviceOf(gate.service))
    .find((known) => known && state.services[known.key] === undefined && !putOff.has(known.key))
  if (!service) return false
  const { question_title, question_body, allow, refuse } = config.texts
  const body = fill(question_body, { service: service.name, stores: service.stores, keeps: service.keeps })
  const answer = (granted: boolean) => (origin: Origin) => answerServices({ [service.key]: granted }, origin)
  const region = { id: 'cs-question', class: 'cs-card', role: 'region', 'aria-label': question_title }
  question = inOurLanguage(
    element(
      'section',
      { ...region, 'data-service': service.key },
      element('h2', {}, question_title),
      element('p', { class: 'cs-text' }, body),
      element(
        'div',
        { class: 'cs-buttons' },
        choice(allow, 'allow', answer(true), 'question'),
        choice(refuse, 'refuse', answer(false), 'question'),
      ),
    ),
  )
  question.addEventListener('keydown', ({ key: pressed }) => {
    if (pressed !== 'Escape') return
    putOff.add(service.key)
    removeQuestion()
    askNext()
  })
  place(question)
  announce(body)
  return true
}

function removeQuestion(): boolean {
  const wasOpen = question !== undefined
  question?.remove()
  question = undefined
  return wasOpen
}

adoptStyles(css)
provide('question', { ask: askNext, remove: removeQuestion })
