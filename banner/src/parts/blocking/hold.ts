/**
 * Turns an element that would load from a held service into a gated one, as the page could have written it: the gate
 * releases it when its service is granted, the question and the placeholder find it.
 */
import type { Service } from '../../core/config'
import { heldAddress } from './rules'

export const LOADING = 'script,iframe,img'

const set = Element.prototype.setAttribute

/** True when `address` must not be loaded by this element now; it is then kept beside it. */
export function keepAside(element: Element, name: string, address: string): boolean {
  const service = element.matches(LOADING) && heldAddress(name === 'srcset' ? firstOf(address) : address)
  if (!service) return false
  set.call(element, `data-${name}`, address)
  mark(element, service)
  return true
}

/** Holds back what a tree that is about to be inserted would load. */
export function holdTree(root: Node): void {
  if (!(root instanceof Element || root instanceof DocumentFragment)) return
  const found = [...root.querySelectorAll(LOADING)]
  if (root instanceof Element && root.matches(LOADING)) found.push(root)
  found.forEach(holdElement)
}

export function holdElement(element: Element): void {
  for (const name of ['src', 'srcset']) {
    const address = element.getAttribute(name)
    if (address && keepAside(element, name, address)) element.removeAttribute(name)
  }
}

function mark(element: Element, { key, purpose }: Service): void {
  set.call(element, 'data-service', key)
  set.call(element, 'data-category', purpose)
  if (!(element instanceof HTMLScriptElement) || element.type === 'text/plain') return
  if (element.type) set.call(element, 'data-type', element.type)
  set.call(element, 'type', 'text/plain')
}

function firstOf(srcset: string): string {
  return srcset.trim().split(/[\s,]/)[0] ?? ''
}
