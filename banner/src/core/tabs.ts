/** Keeps the tabs of one browser together: a decision in one is heard in the others, and by a page that comes back. */
import { readCookie } from './cookie'
import { echo } from './state'

export function hearOtherTabs(): void {
  const look = () => echo(readCookie())
  addEventListener('storage', look) // the queue of submissions
  addEventListener('pageshow', look) // out of the back/forward cache
}
