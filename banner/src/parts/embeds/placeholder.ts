/**
 * What a visitor sees in place of a frame that is held back: whose it is, and two ways to load it. It lies over the
 * empty frame instead of replacing it, so nothing on the page moves, whichever styles give the frame its size.
 */
import { answerServices, button, choice, config, element, inOurLanguage, serviceOf } from '../../core/door'
import { fill } from '../fill'

const covers = new Map<HTMLElement, HTMLElement>()
const sizes = new ResizeObserver(alignAll)

/** loadOnce: opens this one frame without deciding anything. */
export function coverFrame(frame: HTMLIFrameElement, key: string, loadOnce: () => void): void {
  if (covers.has(frame)) return
  const { embed_blocked, embed_load, embed_always } = config.texts
  const service = serviceOf(key)
  const name = service?.name ?? element('a', { href: frame.dataset['src'] ?? '' }).host
  const message = fill(embed_blocked, { service: name })
  const cover = inOurLanguage(
    element(
      'div',
      { class: 'cs-embed', role: 'group', 'aria-label': frame.title || name },
      element('p', { class: 'cs-text' }, message),
      element(
        'div',
        { class: 'cs-buttons' },
        button(embed_load, 'embed-load', loadOnce),
        service
          ? choice(embed_always, 'embed-always', (origin) => answerServices({ [service.key]: true }, origin), 'placeholder')
          : undefined,
      ),
    ),
  )
  frame.inert = true // an empty frame is no place to tab into
  frame.before(cover)
  covers.set(frame, cover)
  sizes.observe(frame)
  if (covers.size === 1) watchLayout()
  align(cover, frame)
}

export function uncoverFrame(frame: HTMLElement): void {
  covers.get(frame)?.remove()
  if (!covers.delete(frame)) return
  frame.inert = false
  sizes.unobserve(frame)
}

/** Builds the covers anew, for another language. */
export function uncoverAll(): void {
  for (const frame of [...covers.keys()]) uncoverFrame(frame)
}

function watchLayout(): void {
  sizes.observe(document.documentElement)
  addEventListener('scroll', alignAll, { capture: true, passive: true }) // scrolling boxes between frame and page
}

function alignAll(): void {
  for (const [frame, cover] of covers) {
    if (frame.isConnected) align(cover, frame)
    else uncoverFrame(frame)
  }
}

/** The cover's own place is near the frame's; the rest is a shift. Styles set by property pass any style-src. */
function align(cover: HTMLElement, frame: HTMLElement): void {
  const { style } = cover
  const goal = frame.getBoundingClientRect()
  style.transform = ''
  style.width = `${goal.width}px`
  style.height = `${goal.height}px`
  style.visibility = goal.width ? '' : 'hidden' // a frame in a closed tab or accordion
  const start = cover.getBoundingClientRect()
  style.transform = `translate(${goal.left - start.left}px,${goal.top - start.top}px)`
}
