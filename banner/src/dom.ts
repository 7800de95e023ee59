/** Builds elements by DOM calls only: no HTML is parsed, so no text can become markup (style.md 15). */
type Attributes = Readonly<Record<string, string>>
type Child = Node | string | false | undefined

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== false && child !== undefined))
  return made
}

/** role: the hook for robots and tests, `data-role`. Equal buttons share one class and differ in nothing else. */
export function button(
  label: string,
  role: string,
  act: (event: MouseEvent) => void,
  look = 'cs-button',
): HTMLButtonElement {
  const made = element('button', { type: 'button', class: look, 'data-role': role }, label)
  made.addEventListener('click', act)
  return made
}

/** A drawing of 24 x 24 in the colour of the text, silent for screen readers. */
export function icon(path: string): SVGSVGElement {
  const part = (name: string, attributes: Attributes) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    return made
  }
  const drawing = part('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }) as SVGSVGElement
  drawing.append(part('path', { d: path }))
  return drawing
}

/** Calls back once there is a body: the tag may stand in the head and run before it. */
export function whenBody(then: () => void): void {
  if (document.body) return then()
  new MutationObserver((_, observer) => {
    if (!document.body) return
    observer.disconnect()
    then()
  }).observe(document.documentElement, { childList: true })
}
