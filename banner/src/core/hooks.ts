/**
 * CC3's `data-cc` attributes: any element of the page may open a layer or decide, by one listener for all. What each
 * value means comes with the part "extras"; when that cannot be had, the notice lets everybody decide.
 */
import { showNotice } from './layers'
import { need } from './parts'

export function hearHooks(): void {
  document.addEventListener('click', (event) => {
    const hook = (event.target as Element).closest?.('[data-cc]')
    if (hook) {
      event.preventDefault() // often a link
      void need('extras').then((extras) => (extras ? extras.act(hook, event.isTrusted) : showNotice()))
    }
  })
}
