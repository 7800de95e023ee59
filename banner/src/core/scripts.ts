/**
 * Runs a gated script: a copy of it, with its real type, right behind it. The script itself cannot always start: one that
 * came by innerHTML (so React makes them) never does (HTML §4.12.1.1, "already started"), and it stays where it is, so
 * that a framework finds what it made. It hears how its copy fared and keeps its own nonce; ours is never lent: a script
 * without one was not vouched for by the page. Copies are async to the browser: order is kept by the lanes, and the
 * browser's own order would let one that hangs hold up the rest for ever.
 */
import { element } from './dom'

const HUNG_MS = 8_000 // a script that has not loaded by then no longer holds up the ones behind it

interface TrustedTypes {
  createPolicy(name: string, rules: Record<string, (text: string) => string>): Record<string, (text: string) => string>
}

type Trust = Record<'createScript' | 'createScriptURL', (text: string) => string>

let trust: Trust | undefined

/** Resolves when an external script has loaded, failed or hung; an inline one is done at once. */
export function runScript(script: HTMLScriptElement): Promise<unknown> | undefined {
  const { type, src = script.getAttribute('src') } = script.dataset
  const copy = element('script')
  for (const { name, value } of script.attributes) if (name !== 'src') copy.setAttribute(name, value)
  script.type = '-' // no longer gated
  copy.type = type ?? '' // '' is a classic script
  copy.nonce = script.nonce // its attribute is hidden from scripts
  const loaded = settled(copy, script)
  if (src) copy.src = trusted().createScriptURL(src)
  else copy.text = trusted().createScript(script.text)
  script.after(copy)
  return src ? loaded : undefined
}

/** Adds a script to the page; resolves to whether it loaded. */
export function loadScript(src: string, attributes: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const script = element('script', attributes)
  const loaded = settled(script)
  script.src = trusted().createScriptURL(src)
  document.head.append(script)
  return loaded
}

/** Resolves to true when it has loaded, to false when it cannot be had or hangs; `original` hears what it hears. */
function settled(script: HTMLScriptElement, original?: HTMLElement): Promise<boolean> {
  return new Promise((resolve) => {
    script.onload = script.onerror = (event) => {
      const { type } = event as Event
      resolve(type === 'load')
      original?.dispatchEvent(new Event(type))
    }
    setTimeout(resolve, HUNG_MS, false)
  })
}

/** Under `require-trusted-types-for 'script'` a page wants script texts and addresses vouched for by a named policy. */
function trusted(): Trust {
  const same = (text: string) => text
  const rules = { createScript: same, createScriptURL: same }
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes }
  return (trust ??= (trustedTypes?.createPolicy('consent-server', rules) as Trust | undefined) ?? rules)
}
