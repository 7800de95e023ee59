/** Microsoft Advertising (UET): `ad_storage` (https://help.ads.microsoft.com/#apex/ads/en/60119). */
import { follow, mayUse } from '../../core/door'

const queue = ((window as { uetq?: unknown[] }).uetq ??= [])
const tell = (verb: string) => queue.push('consent', verb, { ad_storage: mayUse('marketing') ? 'granted' : 'denied' })

tell('default')
follow(() => tell('update'))
