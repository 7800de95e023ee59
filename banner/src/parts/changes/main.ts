/**
 * A notice that has changed since this visitor chose, or is about to. Comes with the script only then. What still holds
 * goes on; the rest is asked for by itself, on a card where the notice would be.
 */
import { adoptStyles, api, config, follow, state } from '../../core/door'
import { drawCard } from './card'
import { comingLine, drawComing, isToBeShown } from './coming'
import { answered, asked, restore } from './past'
import css from './styles.css'

let card: HTMLElement | undefined
let isPutAway = false

/** After every change of the page: one of our cards at a time, and the notice before both. */
function look(): void {
  if (!document.getElementById('cs-reopen')) return removeCard() // nothing is drawn yet, or the notice is there
  if (card?.isConnected && card.lang === config.lang) return
  removeCard()
  if (asked.length && !isPutAway) card = drawCard(comingLine(), putAway)
  else if (isToBeShown()) card = drawComing()
}

function removeCard(): void {
  card?.remove()
  card = undefined
}

function putAway(): void {
  isPutAway = true
  removeCard()
}

/** A decision about everything that is asked takes the card away; an answer to something else does not. */
function settle(): void {
  const isOpen = asked.some(({ key, of }) => !of && state.purposes[key] === undefined)
  if (isOpen) return api.hide() // the core shows the notice for what has no answer
  answered()
  removeCard()
}

function addLine(name: string, selector: string, where: 'append' | 'prepend'): void {
  document.addEventListener('consent:show', (event) => {
    const line = comingLine()
    if ((event as CustomEvent<{ source: string }>).detail.source !== name || !line) return
    document.querySelector(selector)?.[where](line)
  })
}

adoptStyles(css)
restore()
follow(settle)
addLine('notice', '#cs-notice .cs-words', 'append')
addLine('preferences', '#cs-preferences .cs-main', 'prepend')
new MutationObserver(look).observe(document, { childList: true, subtree: true })
