/**
 * Starts released nodes one per task, so that the click which released them stays quick (web.dev names consent
 * buttons as the classic slow interaction: every tag starts in the click's own task). Two lanes: classic scripts
 * run in page order, each after the one before has loaded; frames and async scripts do not wait for them.
 */
type Start = () => Promise<unknown> | void | undefined

const known = new WeakSet<Node>()
const ends = [Promise.resolve(), Promise.resolve()]

/** isOrdered: which lane. A node that is waiting already keeps its place. */
export function enterLane(isOrdered: boolean, node: Node, start: Start): void {
  if (known.has(node)) return
  known.add(node)
  const lane = Number(isOrdered)
  ends[lane] = ends[lane]!.then(nextTask).then(async () => {
    known.delete(node)
    const loaded = start()
    if (isOrdered) await loaded
  }).catch(console.error) // one tag that cannot start (Trusted Types, CSP) must not stop the others
}

/** Lets the browser paint and take input first. */
function nextTask(): Promise<unknown> {
  const { scheduler } = window as { scheduler?: { yield?(): Promise<unknown> } }
  return scheduler?.yield?.() ?? new Promise((next) => setTimeout(next))
}
