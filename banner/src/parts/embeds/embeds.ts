/**
 * Gated frames, images and links: `data-src` (`data-href`) becomes `src` (`href`) when granted and goes again when
 * taken back, so that grant, revoke, grant brings the embed back. The element itself never leaves the page and so
 * keeps its place and size; while a frame is held back, a placeholder lies over it.
 */
import { enterLane, gates, isOpen } from '../../core/door'
import type { Gate } from '../../core/gate'
import type { Change } from '../../core/state'
import { coverFrame, uncoverFrame } from './placeholder'

const ADDRESSES = ['src', 'srcset', 'href']

/** After these, what was opened "this time" ends too. */
const REFUSALS: readonly (string | undefined)[] = ['refuse_all', 'withdraw', undefined]

/** Frames the visitor opened "this time": no decision, so gone with the page or with the next refusal. */
let once = new WeakSet<Node>()
const open = new WeakSet<Node>()

/** change: the decision that asks for this look; without one the page itself has grown. */
export function scan(change?: Change): true {
  if (change && REFUSALS.includes(change.after.action)) once = new WeakSet()
  for (const gate of embeds()) {
    const { node } = gate
    if (!mayOpen(gate)) close(node)
    else if (!open.has(node)) enterLane(false, node, () => void (mayOpen(gate) && openNow(node)))
  }
  return true
}

/** Covers the frames that are held back. */
export function hold(): void {
  for (const gate of embeds()) {
    const { node, service } = gate
    if (mayOpen(gate) || !(node instanceof HTMLIFrameElement)) continue
    coverFrame(node, service, () => {
      once.add(node)
      openNow(node)
    })
  }
}

function embeds(): Gate[] {
  return gates().filter(({ node }) => ADDRESSES.some((name) => node.hasAttribute(`data-${name}`)) && node.tagName !== 'SCRIPT')
}

function mayOpen(gate: Gate): boolean {
  return gate.node.isConnected && (isOpen(gate) || once.has(gate.node))
}

function openNow(embed: HTMLElement): void {
  uncoverFrame(embed)
  if (open.has(embed)) return
  open.add(embed)
  for (const name of ADDRESSES) {
    const value = embed.getAttribute(`data-${name}`)
    if (value !== null) embed.setAttribute(embed instanceof HTMLLinkElement ? 'href' : name, value)
  }
}

function close(embed: HTMLElement): void {
  if (!open.delete(embed)) return
  for (const name of ADDRESSES) embed.removeAttribute(name)
  // removing the address alone would not navigate a frame, and this adds no step to the visitor's history
  if (embed instanceof HTMLIFrameElement) embed.contentWindow?.location.replace('about:blank')
}
