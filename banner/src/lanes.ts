/**
 * Starts released nodes one per task, so that the click which released them stays quick (web.dev names consent
 * buttons as the classic slow interaction: every tag starts in the click's own task). Two lanes: classic scripts
 * run in page order, each after the one before has loaded; frames and async scripts do not wait for them.
 */
type Start = () => Promise<unknown> | void | undefined

interface Waiting {
  readonly node: Node
  readonly start: Start
}

const known = new WeakSet<Node>()
const ordered: Waiting[] = []
const free: Waiting[] = []

export function inOrderedLane(node: Node, start: Start): void {
  enter(ordered, node, start)
}

export function inFreeLane(node: Node, start: Start): void {
  enter(free, node, start)
}

function enter(lane: Waiting[], node: Node, start: Start): void {
  if (known.has(node)) return
  known.add(node)
  if (lane.push({ node, start }) === 1) void drain(lane)
}

/** The first of the lane stays in it while it runs: an empty lane is how enter() knows that nobody drains it. */
async function drain(lane: Waiting[]): Promise<void> {
  for (let first = lane[0]; first; first = lane[0]) {
    await new Promise((nextTask) => setTimeout(nextTask))
    known.delete(first.node)
    try {
      const loaded = first.start()
      if (lane === ordered) await loaded
    } catch (failure) {
      console.error(failure) // one tag that cannot start (Trusted Types, CSP) must not stop the others
    }
    lane.shift()
  }
}
