/** Builds elements by DOM calls only: no HTML is parsed, so no text can become markup. */
import type { Layer, Origin } from './state'

type Attributes = Readonly<Record<string, string>>
type Child = Node | string | undefined

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const name in attributes) made.setAttribute(name, attributes[name]!)
  made.append(...children.filter((child) => child !== undefined))
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
  made.onclick = act
  return made
}

/** A button that decides on one of our layers. */
export function choice(label: string, role: string, decide: (origin: Origin) => void, layer: Layer): HTMLButtonElement {
  return button(label, role, ({ isTrusted }) => decide({ layer, trusted: isTrusted }))
}
