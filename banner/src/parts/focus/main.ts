/**
 * What has the focus on the page is never behind a card of ours (WCAG 2.2, 2.4.11): the card goes to the other edge.
 * Scroll padding cannot help at the end of a page nor on one of a single screen, and padding would move the page.
 * Fetched when the focus first moves while a card is there.
 */
import { provide } from '../../core/door'

function uncover(focused: Element): void {
  const { x, y } = focused.getBoundingClientRect()
  const card = document.elementFromPoint(x + 4, y + 4)?.closest<HTMLElement>('.cs-card')
  if (!card || card.contains(focused)) return
  const { top, bottom } = card.getBoundingClientRect()
  const other = top > innerHeight - bottom ? '16px auto' : 'auto 16px'
  card.style.insetBlock = card.style.insetBlock ? '' : other // set by property, so it passes any style-src
}

/** After the browser has scrolled to it. */
function look(): void {
  requestAnimationFrame(() => uncover(document.activeElement ?? document.body))
}

addEventListener('focusin', look)
look()
provide('focus', true)
