/**
 * Runs a gated script where it stands: one of `type="text/plain"` has not started, so with its real type it starts as
 * soon as it gets an address or a text anew (HTML §4.12.1.1, prepare the script element). It keeps its listeners and
 * its own nonce; ours is never lent: a script without one was not vouched for by the page.
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
  script.type = type ?? '' // '' is a classic script
  script.async = script.hasAttribute('async')
  script.removeAttribute('src')
  if (!src) script.text = trusted().createScript(script.text)
  else {
    script.src = trusted().createScriptURL(src)
    return settled(script)
  }
  return undefined
}

/** Adds a script to the page; resolves to whether it loaded. */
export function loadScript(src: string, attributes: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const script = element('script', attributes)
  script.src = trusted().createScriptURL(src)
  document.head.append(script)
  return settled(script)
}

/** Resolves to true when it has loaded, to false when it cannot be had or hangs. */
function settled(script: HTMLScriptElement): Promise<boolean> {
  return new Promise((resolve) => {
    script.addEventListener('load', () => resolve(true))
    script.addEventListener('error', () => resolve(false))
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
