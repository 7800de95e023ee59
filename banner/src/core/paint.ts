/**
 * Storage and network cost ten milliseconds a call on a slow telephone. Nobody waits for them, so they come after the
 * paint of the notice or of a click's answer; when the page goes away before that, at once.
 */
const PAINTED_MS = 50

export function afterPaint(act: () => unknown): void {
  const run = () => {
    act()
    act = () => undefined
  }
  setTimeout(run, PAINTED_MS)
  addEventListener('pagehide', run)
}
