/**
 * The first layer: words with a way to the details, then three choices of equal size, style and order (allow all, ask
 * me each time, refuse all). A region that does not block the page, takes no focus and can be walked past. Esc puts it
 * away for this page view and decides nothing.
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
  const more = button(details, 'show', showDetails, 'cs-link')
  more.onpointerenter = () => need('preferences') // so that they open at once
  // what scrolls in a small window has something to focus in it, so that the keyboard can scroll it
  const words = element(
    'div',
    { class: 'cs-words' },
    element('h2', {}, title),
    element('p', {}, body),
    ...(config.gpc && hasGpc() ? [element('p', {}, config.texts.gpc)] : []),
    more,
  )
  const choices = element(
    'div',
    { class: 'cs-buttons' },
    choice(accept_all, 'all', acceptAll, 'notice'),
    choice(ask_each, 'ask', askEach, 'notice'),
    choice(refuse_all, 'necessary', refuseAll, 'notice'),
  )
  notice = inOurLanguage(element('section', { id: 'cs-notice', class: 'cs-card', 'aria-label': title }, words, choices))
  notice.onkeydown = ({ key }) => {
    if (key === 'Escape') putAway()
  }
  place(notice)
}

export function removeNotice(): void {
  notice?.remove()
}
