/**
 * The permanent way back: a small button in the corner whenever the notice is not there, because withdrawing must be as
 * easy as giving (GDPR 7(3), PIPA 38(4)). Its picture, a cookie, is drawn by the styles.
 */
import { config } from './config'
import { button } from './dom'
import { place } from './surface'

let reopen: HTMLButtonElement | undefined

export function drawReopen(act: () => void): void {
  removeReopen()
  reopen = button('', 'reopen', act, 'cs-card')
  reopen.id = 'cs-reopen'
  reopen.title = config.texts.reopen
  place(reopen)
}

export function removeReopen(): void {
  reopen?.remove()
}

export function focusReopen(): void {
  reopen?.focus()
}
