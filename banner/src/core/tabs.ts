/** Keeps the tabs of one browser together: a decision in one is heard in the others, and by a page that comes back. */
import { readCookie } from './cookie'
import { QUEUE } from './record'
import { echo } from './state'

export function hearOtherTabs(): void {
  const look = () => echo(readCookie())
  addEventListener('storage', ({ key }) => {
    if (key === QUEUE) look()
  })
  addEventListener('pageshow', look) // out of the back/forward cache
}
