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

/** In this order: texts are on their way; here, but no body yet; one of the two first layers is on the page. */
const enum Stage { Waiting, Ready, Reopen, Notice }

let stage = Stage.Waiting

/** Draws all that belongs on the page now, in the language that the configuration now has. */
export function drawLayers(): void {
  hidePreferences()
  part('question')?.remove()
  part('embeds')?.uncoverAll()
  removeNotice()
  stage = Stage.Ready
  lookAround()
}

export function showNotice(): void {
  if (stage !== Stage.Reopen) return
  stage = Stage.Notice
  removeReopen()
  part('question')?.remove()
  drawNotice(hideNotice, showPreferences)
  tell('show', 'notice')
}

export function hideNotice(): void {
  if (stage !== Stage.Notice) return
  stage = Stage.Reopen
  removeNotice()
  drawReopen(reopenLayer)
  tell('hide', 'notice')
}

/** When they cannot be had now (no network), the notice still lets everybody decide. */
export async function showPreferences(): Promise<void> {
  if (stage < Stage.Reopen) return
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
  if (stage < Stage.Reopen) return
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
  if (!stage || !document.body) return
  if (stage === Stage.Ready) {
    stage = Stage.Reopen
    if (isComplete() || config.silent) drawReopen(reopenLayer)
    else showNotice()
  }
  part('embeds')?.hold()
  if (state.action !== 'ask_each' || stage === Stage.Notice || !config.services.length) return
  if (part('question')?.ask()) tell('show', 'question')
  else void need('question')
}

/** Somebody who has not answered yet sees the three choices again, anybody else their preferences. */
function reopenLayer(): void {
  if (isComplete()) void showPreferences()
  else showNotice()
}
