/**
 * The permanent way back: a small button in the corner whenever the notice is not there, because withdrawing must be as
 * easy as giving (GDPR 7(3), PIPA 38(4)).
 */
import { config } from './config'
import { button, icon } from './dom'
import { place } from './surface'

const COOKIE =
  'M12 3a9 9 0 1 0 9 9 3.6 3.6 0 0 1-4.4-4.4A3.7 3.7 0 0 1 12 3ZM9 9.8v.01M8.2 14.6v.01M12.6 13v.01M14.6 17v.01'

let reopen: HTMLButtonElement | undefined

export function drawReopen(act: () => void): void {
  removeReopen()
  reopen = button('', 'reopen', act, 'cs-reopen')
  reopen.id = 'cs-reopen'
  reopen.title = reopen.ariaLabel = config.texts.reopen
  reopen.append(icon(COOKIE))
  place(reopen)
}

export function removeReopen(): void {
  reopen?.remove()
  reopen = undefined
}

export function focusReopen(): void {
  reopen?.focus()
}
