/**
 * What was allowed "this time": in force until the tab is closed, kept in sessionStorage and never in the cookie. It ends
 * with the next decision that leaves it out.
 */
import { follow, once, scan, startFrom, state } from '../../core/door'

const KEY = 'cs_once'

export function allowOnce(service: string, decide: () => void): void {
  once.add(service)
  decide()
}

export function forAlways(service: string, decide: () => void): void {
  once.delete(service)
  decide()
}

function keep(): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...once]))
  } catch {
    // closed to us: it holds for this page view
  }
}

function stored(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as string[]
  } catch {
    return []
  }
}

/** The cookie knows nothing of it, so each page of the session takes it up again. */
function resume(): void {
  const allowed = stored().filter((key) => state.services[key] === undefined)
  if (state.action !== 'ask_each' || !allowed.length) return
  allowed.forEach((key) => once.add(key))
  startFrom({ ...state, services: { ...state.services, ...Object.fromEntries(allowed.map((key) => [key, true])) } })
  scan()
}

follow(({ after }) => {
  for (const key of once) if (after.services[key] !== true) once.delete(key)
  keep()
})
resume()
