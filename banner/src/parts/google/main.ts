/**
 * Google Consent Mode v2 (https://developers.google.com/tag-platform/security/guides/consent): defaults before
 * anything else of the script has an effect, one `update` for what is already decided and one per change, and an event
 * for tag managers. A signal follows a purpose; `security_storage` needs no consent.
 */
import { config, follow, mayUse, purposesThat, state, UNDECIDED } from '../../core/door'

const queue = ((window as { dataLayer?: unknown[] }).dataLayer ??= [])
const { signals, regions = [], set = {}, wait = 500 } = config.google!

/** Google reads arguments objects; an array in its place would be ignored. */
function gtag(..._: unknown[]): void {
  queue.push(arguments)
}

function answers(at = state): Readonly<Record<string, string>> {
  const pairs = Object.entries(signals)
  return Object.fromEntries(pairs.map(([signal, purpose]) => [signal, mayUse(purpose, '', at) ? 'granted' : 'denied']))
}

function update(): void {
  gtag('consent', 'update', answers())
  queue.push({ event: 'consent_update', consent_purposes: purposesThat(true) })
}

gtag('consent', 'default', { ...answers(UNDECIDED), wait_for_update: wait })
for (const region of regions) gtag('consent', 'default', { ...region, wait_for_update: wait })
for (const name in set) gtag('set', name, set[name])
if (state.action) update()
follow(update)
