/** A cross of 24 x 24 in the colour of the text, silent for screen readers. */
export function cross(): SVGSVGElement {
  const drawing = part('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' })
  drawing.append(part('path', { d: 'M6 6l12 12M18 6 6 18' }))
  return drawing
}

function part<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const name in attributes) made.setAttribute(name, attributes[name]!)
  return made
}
