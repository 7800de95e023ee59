/**
 * Takes over, once, what a visitor chose under another consent tool on this site, so that nobody is asked again because
 * the site changed its tool. Only where nothing of ours is stored yet; what the old choice did not grant is refused, and
 * Global Privacy Control still holds. The record says `import`.
 */
import { config, decide, hasGpc, state } from '../../core/door'
import { SOURCES } from './sources'

/** Other tools' names for purposes, by ours. */
const ALIASES: Readonly<Record<string, RegExp>> = {
  functional: /^(functional|functionality|preferences?|personali[sz]ation|experience|C0003)$/i,
  analytics: /^(analytics?|statistics?|measurement|performance|C0002)$/i,
  marketing: /^(marketing|advertising|ads?|targeting|C0004)$/i,
}

function importChoice(): void {
  for (const source of SOURCES) {
    const granted = source()
    if (!granted) continue
    const refused = hasGpc() ? config.gpc : []
    const isGranted = (name: string) => granted.some((one) => one === name || ALIASES[name]?.test(one))
    const purposes = Object.fromEntries(config.purposes.map((key) => [key, isGranted(key) && !refused?.includes(key)]))
    const services = config.services.filter(({ key, purpose }) => granted.includes(key) && !purposes[purpose])
    const own = services.filter(({ purpose }) => !refused?.includes(purpose)).map(({ key }) => [key, true])
    decide('import', purposes, Object.fromEntries(own), { layer: 'page', trusted: false })
    return
  }
}

if (!state.action) importChoice()
