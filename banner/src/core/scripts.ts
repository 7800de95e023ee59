/**
 * Runs a gated script: a `type="text/plain"` script never ran, so a copy of it with its real type does.
 * The nonce is copied by property, because browsers hide the attribute (HTML §2.1.6, nonce hiding). Our own nonce is
 * never lent: a script without one was not vouched for by the page.
 */
import { element } from './dom'

const HUNG_MS = 8_000 // a script that has not loaded by then no longer holds up the ones behind it

interface TrustedTypes {
  createPolicy(name: string, rules: Record<string, (text: string) => string>): Record<string, (text: string) => string>
}

type Trust = Record<'createScript' | 'createScriptURL', (text: string) => string>

let trust: Trust | undefined

/** Resolves when an external script has loaded, failed or hung; an inline one is done at once. */
export function runScript(gated: HTMLScriptElement): Promise<unknown> | undefined {
  const script = gated.cloneNode() as HTMLScriptElement
  const { type, src = gated.getAttribute('src') } = gated.dataset
  if (type) script.type = type
  else script.removeAttribute('type')
  script.nonce = gated.nonce
  script.async = gated.hasAttribute('async')
  if (src) script.src = trusted().createScriptURL(src)
  else script.text = trusted().createScript(gated.text)
  const loaded = src ? settled(script) : undefined
  gated.replaceWith(script)
  return loaded
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
    script.onload = () => resolve(true)
    script.onerror = () => resolve(false)
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
