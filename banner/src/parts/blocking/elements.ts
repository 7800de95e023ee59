/**
 * Every way in which an element gets an address or gets onto the page: properties, attributes, insertion, and HTML as
 * text. Text is parsed in an inert document first and only touched when something in it is held back.
 */
import { holdElement, holdTree, keepAside } from './hold'
import { trustedHtml } from './trust'

type Method = (...words: unknown[]) => unknown

export function watchElements(): void {
  for (const of of [HTMLScriptElement, HTMLIFrameElement, HTMLImageElement]) watchAddress(of.prototype, 'src')
  watchAddress(HTMLImageElement.prototype, 'srcset')
  wrap(Element.prototype, 'setAttribute', (original, element, [name, value]) =>
    keepAside(element as Element, String(name).toLowerCase(), String(value)) ? undefined : original(name, value),
  )
  wrap(Element.prototype, 'setAttributeNS', (original, element, [space, name, value]) =>
    keepAside(element as Element, String(name), String(value)) ? undefined : original(space, name, value),
  )
  for (const name of ['appendChild', 'insertBefore', 'replaceChild'] as const) watchInsertion(Node.prototype, name)
  for (const name of ['append', 'prepend', 'before', 'after', 'replaceWith', 'replaceChildren'] as const) {
    watchInsertion(Element.prototype, name)
  }
  watchHtml(Element.prototype, 'innerHTML')
  watchHtml(Element.prototype, 'outerHTML')
  wrap(Element.prototype, 'insertAdjacentHTML', (original, _, [where, html]) => original(where, heldHtml(html)))
  for (const name of ['write', 'writeln'] as const) {
    wrap(Document.prototype, name, (original, _, words) => original(heldHtml(words.join(''))))
  }
  watchParser()
}

/** What the parser itself inserts: a script is held before it starts, a frame or image as early as can be. */
function watchParser(): void {
  new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node instanceof Element && node.matches('script,iframe,img')) holdElement(node)
    }
  }).observe(document, { childList: true, subtree: true })
}

function watchAddress(prototype: object, name: string): void {
  guardSetter(prototype, name, (set, element, address) => {
    if (!keepAside(element, name, String(address))) set(address)
  })
}

function watchHtml(prototype: object, name: string): void {
  guardSetter(prototype, name, (set, _, html) => set(heldHtml(html)))
}

function guardSetter(
  prototype: object,
  name: string,
  act: (set: (value: unknown) => void, element: Element, value: unknown) => void,
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)!
  const { set } = descriptor
  descriptor.set = function (this: Element, value: unknown) {
    act((given) => set!.call(this, given), this, value)
  }
  Object.defineProperty(prototype, name, descriptor)
}

function watchInsertion(prototype: object, name: string): void {
  wrap(prototype, name, (original, _, nodes) => {
    for (const node of nodes) if (node instanceof Node) holdTree(node)
    return original(...nodes)
  })
}

/** The same HTML, or with its held parts gated; a document of its own parses it without loading anything. */
function heldHtml(html: unknown): unknown {
  const text = String(html)
  if (!/<(?:script|iframe|img)/i.test(text)) return html
  const { body, head } = new DOMParser().parseFromString(trustedHtml(`<body>${text}`), 'text/html')
  const before = body.innerHTML
  holdTree(body)
  return before === body.innerHTML ? html : trustedHtml(head.innerHTML + body.innerHTML)
}

function wrap(
  prototype: object,
  name: string,
  act: (original: Method, self: unknown, words: unknown[]) => unknown,
): void {
  const methods = prototype as Record<string, Method>
  const original = methods[name]!
  methods[name] = function (this: unknown, ...words: unknown[]): unknown {
    return act((...given) => original.apply(this, given), this, words)
  }
}
