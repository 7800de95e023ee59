/** The announced version: a line with its day and a link, on every layer and, until it is put away, on the page. */
import { button, config, element, inOurLanguage, place } from '../../core/door'

const STORED = `cs_${config.site}_coming`

let isPutAway = false

/** Undefined when nothing is announced. */
export function comingLine(): HTMLElement | undefined {
  const { coming, texts } = config
  if (!coming) return undefined
  const link = element('a', { class: 'cs-link', href: coming.url, target: '_blank', rel: 'noopener' }, texts.policy)
  return element('p', { class: 'cs-coming' }, coming.text, ' ', link)
}

/** True until this visitor has put this announcement away. */
export function isToBeShown(): boolean {
  return !!config.coming && !isPutAway && stored() !== `${config.coming.version}`
}

export function drawComing(): HTMLElement {
  const { coming, texts } = config
  const closer = button('', 'close', putAway, 'cs-close')
  closer.ariaLabel = texts.close
  const card = element('section', { id: 'cs-changes', class: 'cs-card', 'aria-label': coming!.text }, comingLine(), closer)
  card.onkeydown = ({ key }) => {
    if (key === 'Escape') putAway()
  }
  place(inOurLanguage(card))
  return card
}

function putAway(): void {
  isPutAway = true
  document.getElementById('cs-changes')?.remove()
  try {
    localStorage.setItem(STORED, `${config.coming!.version}`)
  } catch {
    // closed to us: it comes again with the next page
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}
