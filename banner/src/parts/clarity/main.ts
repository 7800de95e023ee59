/** Microsoft Clarity, `consentv2` (https://learn.microsoft.com/clarity/setup-and-installation/clarity-consent-api-v2). */
import { follow, mayUse } from '../../core/door'

type Clarity = ((...words: unknown[]) => void) & { q?: unknown[] }

const page = window as { clarity?: Clarity }
const word = (purpose: string) => (mayUse(purpose) ? 'granted' : 'denied')

/** Clarity's own snippet: what is called before its script is there waits in q. */
function wait(..._: unknown[]): void {
  ;((page.clarity!.q ??= [])).push(arguments)
}

function tell(): void {
  ;(page.clarity ??= wait)('consentv2', { ad_Storage: word('marketing'), analytics_Storage: word('analytics') })
}

tell()
follow(tell)
