/**
 * The embed script. One tag brings code, styles, the site's configuration and the texts of one language; from here on
 * optional scripts and frames wait for the visitor's decision. Order matters: the gate works before anything is drawn,
 * and in a click the cookie is written and the notice gone before anything that was granted runs.
 */
import { publish, replay } from './api'
import { config, joinedParts } from './config'
import { eraseCookie, readCookie, token, writeCookie } from './cookie'
import * as door from './door'
import { tell, tellChange } from './events'
import { scan, watchPage } from './gate'
import { hearHooks } from './hooks'
import { matchPageLanguage } from './language'
import { drawLayers, lookAround, settleLayers } from './layers'
import { need, startParts } from './parts'
import { sendQueue, submit } from './record'
import { afterPaint } from './paint'
import { hasGpc, heedSignal } from './signal'
import { follow, startFrom, state } from './state'
import css from './styles.css'
import { adoptStyles } from './surface'
import { hearOtherTabs } from './tabs'
import { reportVisit } from './visit'

async function start(): Promise<void> {
  startFrom(readCookie())
  follow(({ after, isEcho }) => isEcho || (after.action ? writeCookie(after) : eraseCookie()))
  follow(settleLayers)
  follow(submit)
  startParts(door, joinedParts, lookAround)
  follow(scan)
  follow(tellChange)
  heedSignal()
  watchPage(lookAround)
  hearHooks()
  tell('ready', 'page')
  adoptStyles(css + (config.css ?? ''))
  await matchPageLanguage()
  if (hasGpc() && !config.texts.gpc) await need('preferences') // the signal came without its header: the sentence is there
  drawLayers()
  replay()
  afterPaint(() => {
    hearOtherTabs()
    reportVisit()
    if (state.action && !token) void sendQueue()
  })
}

if (publish()) void start()
