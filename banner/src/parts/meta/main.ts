/**
 * Meta Pixel: `fbq('consent', ...)` (https://developers.facebook.com/docs/meta-pixel/implementation/gdpr). Its snippet
 * does nothing when `fbq` exists already, so none is made here: the answer goes in front of the queue that it makes.
 */
import { follow, mayUse } from '../../core/door'

type Pixel = ((...words: unknown[]) => void) & { queue?: unknown[] }

const page = window as { fbq?: Pixel }
const answer = () => ['consent', mayUse('marketing') ? 'grant' : 'revoke']
const tell = () => page.fbq?.(...answer())

if (page.fbq) tell()
else {
  Object.defineProperty(page, 'fbq', {
    configurable: true,
    set(value: Pixel) {
      Object.defineProperty(page, 'fbq', { value, writable: true, configurable: true })
      queueMicrotask(() => value.queue?.unshift(answer()))
    },
  })
}
follow(tell)
