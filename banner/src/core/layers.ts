/**
 * Which of our layers is on the page: the notice until every purpose has an answer, the reopen button whenever the
 * notice is not there, the preferences on demand, a question when somebody wants to be asked.
 */
import { config } from './config'
import { tell } from './events'
import { drawNotice, removeNotice } from './notice'
import { need, part } from './parts'
import { drawReopen, focusReopen, removeReopen } from './reopen'
import { isComplete, state } from './state'
import type { Change } from './state'
import { announce } from './surface'

let textsAreHere = false
let drawn = false
let noticeIsShown = false

/** Draws all that belongs on the page now, in the language that the configuration now has. */
export function drawLayers(): void {
  if (drawn) {
    hidePreferences()
    part('question')?.remove()
    part('embeds')?.uncoverAll()
    removeNotice()
    drawn = noticeIsShown = false
  }
  textsAreHere = true
  lookAround()
}

export function showNotice(): void {
  if (!drawn || noticeIsShown) return
  noticeIsShown = true
  removeReopen()
  part('question')?.remove()
  drawNotice(hideNotice, showPreferences)
  tell('show', 'notice')
}

export function hideNotice(): void {
  if (!noticeIsShown) return
  noticeIsShown = false
  removeNotice()
  drawReopen(reopenLayer)
  tell('hide', 'notice')
}

/** When they cannot be had now (no network), the notice still lets everybody decide. */
export async function showPreferences(): Promise<void> {
  if (!drawn) return
  const preferences = await need('preferences')
  if (!preferences) return showNotice()
  preferences.open((opener) => {
    tell('hide', 'preferences')
    if (opener && !opener.isConnected) focusReopen()
  })
  tell('show', 'preferences')
}

export function hidePreferences(): void {
  part('preferences')?.close()
}

/** After a decision: nothing that asked for it stays open. Part of the click, before any released node runs. */
export function settleLayers({ after }: Change): void {
  if (!drawn) return
  if (after.action) announce(config.texts.saved)
  if (isComplete(after)) hideNotice()
  else showNotice()
  hidePreferences()
  if (part('question')?.remove()) tell('hide', 'question')
}

/**
 * After every look at the page: the first drawing as soon as there is a body (the tag may stand in the head and run
 * before it), placeholders for what is held back, and the next question.
 */
export function lookAround(): void {
  if (!textsAreHere || !document.body) return
  if (!drawn) {
    drawn = true
    if (isComplete() || config.silent) drawReopen(reopenLayer)
    else showNotice()
  }
  part('embeds')?.hold()
  if (state.action !== 'ask_each' || noticeIsShown || !config.services.length) return
  if (part('question')?.ask()) tell('show', 'question')
  else void need('question')
}

/** Somebody who has not answered yet sees the three choices again, anybody else their preferences. */
function reopenLayer(): void {
  if (isComplete()) void showPreferences()
  else showNotice()
}
