/**
 * All that a part may use of the core. The build hands exactly these names to every part, by their place in this list
 * (see build.mjs): what most parts use stands first.
 */
export { mayUse, purposesThat } from './permission'
export { follow, state, decide, forget, startFrom, UNDECIDED } from './state'
export { config, serviceOf } from './config'
export { api } from './api'
export { acceptAll, answerServices, askEach, choosePurposes, refuseAll, withdraw } from './choices'
export { once, shareWith, writeCookie } from './cookie'
export { button, choice, element } from './dom'
export { gates, isOpen, scan } from './gate'
export { enterLane } from './lanes'
export { speak } from './language'
export { drawLayers } from './layers'
export { provide } from './parts'
export { loadScript } from './scripts'
export { hasGpc } from './signal'
export { adoptStyles, announce, inOurLanguage, place } from './surface'
