/**
 * Gated frames: `data-src` becomes `src` when granted and goes again when taken back, so that grant, revoke, grant
 * brings the embed back. The frame itself never leaves the page and so keeps its place and size; while it is held
 * back, a placeholder lies over it.
 */
import { coverFrame, uncoverFrame } from './placeholder'

/** Frames the visitor opened "this time": no decision, so gone with the page or with the next refusal. */
let once = new WeakSet<Node>()
const open = new WeakSet<HTMLIFrameElement>()

export function isOnceOpen(node: Node): boolean {
  return once.has(node)
}

export function forgetOnceOpened(): void {
  once = new WeakSet()
}

export function isShown(frame: HTMLIFrameElement): boolean {
  return open.has(frame)
}

export function openFrame(frame: HTMLIFrameElement): void {
  uncoverFrame(frame)
  if (open.has(frame)) return
  open.add(frame)
  frame.src = frame.dataset['src'] ?? ''
}

export function closeFrame(frame: HTMLIFrameElement): void {
  if (!open.delete(frame)) return
  frame.removeAttribute('src') // alone it would not navigate
  frame.contentWindow?.location.replace('about:blank') // and this adds no step to the visitor's history
}

/** service: key of the service behind the frame, if the page names one. */
export function holdFrame(frame: HTMLIFrameElement, service: string | undefined): void {
  coverFrame(frame, service, () => {
    once.add(frame)
    openFrame(frame)
  })
}
