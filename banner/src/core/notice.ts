/**
 * The first layer: three choices of equal size, style and order (allow all, ask me each time, refuse all), then a way
 * to the details. A region that does not block the page, takes no focus and can be walked past. Esc puts it away for
 * this page view and decides nothing.
 */
import { acceptAll, askEach, refuseAll } from './choices'
import { config } from './config'
import { button, choice, element } from './dom'
import { need } from './parts'
import { hasGpc } from './signal'
import { inOurLanguage, place } from './surface'

let notice: HTMLElement | undefined

export function drawNotice(putAway: () => void, showDetails: () => void): void {
  const { title, body, accept_all, ask_each, refuse_all, details } = config.texts
  const words = element(
    'div',
    { class: 'cs-words' },
    element('h2', {}, title),
    element('p', {}, body),
    ...(config.gpc && hasGpc() ? [element('p', {}, config.texts.gpc)] : []),
  )
  const choices = element(
    'div',
    { class: 'cs-buttons' },
    choice(accept_all, 'all', acceptAll, 'notice'),
    choice(ask_each, 'ask', askEach, 'notice'),
    choice(refuse_all, 'necessary', refuseAll, 'notice'),
  )
  const region = { id: 'cs-notice', class: 'cs-card', 'aria-label': title }
  const more = button(details, 'show', showDetails, 'cs-link')
  notice = inOurLanguage(element('section', region, words, choices, more))
  notice.onkeydown = ({ key }) => {
    if (key === 'Escape') putAway()
  }
  place(notice)
  addEventListener('focusin', () => void need('focus'), { once: true })
  // small window: the keyboard must reach the scrolling; asked after the layout, which must not be forced for it
  new ResizeObserver(() => {
    if (words.scrollHeight > words.clientHeight) words.tabIndex = 0
  }).observe(words)
}

export function removeNotice(): void {
  notice?.remove()
}
