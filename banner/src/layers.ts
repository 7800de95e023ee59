/**
 * Which of our layers is on the page: the notice until every purpose has an answer, the reopen button whenever the
 * notice is not there, the preferences on demand, a question when somebody wants to be asked.
 */
import { config } from './config'
import { tell } from './events'
import { holdFrames } from './gate'
import { drawNotice, isNoticeShown, removeNotice } from './notice'
import { uncoverAll } from './placeholder'
import { closePreferences, openPreferences } from './preferences'
import { askNext, removeQuestion } from './question'
import { drawReopen, focusReopen, removeReopen } from './reopen'
import { isComplete } from './state'
import type { Change } from './state'
import { announce } from './surface'

let ready = false

/** The first drawing, once texts and body are here. */
export function drawLayers(): void {
  ready = true
  if (isComplete()) drawReopen(reopenLayer)
  else showNotice()
  lookAround()
}

export function showNotice(): void {
  if (!ready || isNoticeShown()) return
  removeReopen()
  removeQuestion()
  drawNotice({ putAway: hideNotice, showDetails: showPreferences })
  tell('show', 'notice')
}

export function hideNotice(): void {
  if (!isNoticeShown()) return
  removeNotice()
  drawReopen(reopenLayer)
  tell('hide', 'notice')
}

export function showPreferences(): void {
  if (!ready) return
  openPreferences((opener) => {
    tell('hide', 'preferences')
    if (opener && !opener.isConnected) focusReopen()
  })
  tell('show', 'preferences')
}

/** After a decision: nothing that asked for it stays open. Part of the click, before any released node runs. */
export function settleLayers({ after }: Change): void {
  if (!ready) return
  if (after.action) announce(config.texts.saved)
  if (isComplete(after)) hideNotice()
  else showNotice()
  closePreferences()
  if (removeQuestion()) tell('hide', 'question')
}

/** After every look at the page: placeholders for what is held back, and the next question. */
export function lookAround(): void {
  if (!ready) return
  holdFrames()
  if (!isNoticeShown() && askNext()) tell('show', 'question')
}

/** Draws everything anew, in the language that the configuration now has. */
export function redrawLayers(): void {
  if (!ready) return
  const noticeWasShown = isNoticeShown()
  closePreferences()
  removeQuestion()
  removeNotice()
  uncoverAll()
  if (noticeWasShown) drawNotice({ putAway: hideNotice, showDetails: showPreferences })
  else drawReopen(reopenLayer)
  lookAround()
}

/** Somebody who has not answered yet sees the three choices again, anybody else their preferences. */
function reopenLayer(): void {
  if (isComplete()) showPreferences()
  else showNotice()
}
