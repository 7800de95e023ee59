/**
 * One choice for all subdomains: the cookie goes to the shortest domain that the browser lets this page set, found by
 * trying from the right. So it is right on example.co.kr and b.example.co.uk without a list of suffixes; where none can
 * be set (localhost, addresses, a host that is a public suffix itself) the cookie stays with its host.
 */
import { shareWith } from '../../core/door'

const PROBE = 'cs_probe'

const labels = location.hostname.split('.')
for (let at = labels.length - 1; at >= 0; at--) {
  const domain = labels.slice(at).join('.')
  document.cookie = `${PROBE}=1;domain=${domain};path=/`
  const isSet = document.cookie.includes(`${PROBE}=1`)
  document.cookie = `${PROBE}=;domain=${domain};path=/;max-age=0`
  if (isSet) {
    shareWith(domain)
    break
  }
}
