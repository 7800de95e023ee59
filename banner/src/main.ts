/**
 * The embed script. One tag brings code, styles, the site's configuration and the texts of one language; from here on
 * optional scripts and frames wait for the visitor's decision. Order matters: the gate works before anything is drawn,
 * and in a click the cookie is written and the notice gone before anything that was granted runs.
 */
import { publish } from './api'
import { eraseCookie, readCookie, writeCookie } from './cookie'
import { whenBody } from './dom'
import { tell, tellChange } from './events'
import { scan, watchPage } from './gate'
import { hearHooks } from './hooks'
import { matchPageLanguage } from './language'
import { drawLayers, lookAround, settleLayers } from './layers'
import { sendQueue, submit } from './record'
import { follow, startFrom } from './state'
import { adoptStyles } from './surface'
import { reportVisit } from './visit'

async function start(): Promise<void> {
  startFrom(readCookie())
  follow(({ after }) => (after.action ? writeCookie(after) : eraseCookie()))
  follow(settleLayers)
  follow(submit)
  follow(scan)
  follow(tellChange)
  watchPage(lookAround)
  hearHooks()
  tell('ready', 'page')
  reportVisit()
  void sendQueue()
  adoptStyles()
  await matchPageLanguage()
  whenBody(drawLayers)
}

if (publish()) void start()
