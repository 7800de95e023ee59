/** TikTok Pixel: hold, grant, revoke (https://ads.tiktok.com/help/article/using-cookies-with-tiktok-pixel). */
import { follow, mayUse, state } from '../../core/door'

type Pixel = unknown[] & Record<string, (() => void) | undefined>

function tell(): void {
  const pixel = ((window as { ttq?: Pixel }).ttq ??= [] as unknown as Pixel)
  const verb = mayUse('marketing') ? 'grantConsent' : state.action ? 'revokeConsent' : 'holdConsent'
  pixel[verb] ? pixel[verb]() : pixel.push([verb])
}

tell()
follow(tell)
