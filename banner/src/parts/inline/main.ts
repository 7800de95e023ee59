/** The notice in the flow of the page, inside the element that has `data-cs-inline`; without one it stays where it was. */
import { place } from '../../core/door'

document.addEventListener('consent:show', () => {
  const host = document.querySelector('[data-cs-inline]')
  const root = document.getElementById('cs-root')
  if (host && root && !host.contains(root)) {
    const part = root.firstElementChild as HTMLElement
    host.append(root)
    place(part)
  }
})
