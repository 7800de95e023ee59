/**
 * Decisions as text: one trit per key in config order (0 undecided, 1 granted, 2 refused), three trits per base-36
 * digit. 60 services take 20 characters of a cookie that may hold 150.
 */
import type { Decisions } from './state'

/** Undecided keys at the end leave no character. */
export function encode(keys: readonly string[], decisions: Decisions): string {
  const trits = keys.map((key) => [undefined, true, false].indexOf(decisions[key])).join('')
  return trits.replace(/..?.?/g, (three) => parseInt(three.padEnd(3, '0'), 3).toString(36)).replace(/0+$/, '')
}

/** Undefined when the text cannot have come from encode. */
export function decode(keys: readonly string[], text: string): Decisions | undefined {
  const trits = text.replace(/./g, (digit) => parseInt(digit, 36).toString(3).padStart(3, '0'))
  const answers = keys.map((key, at) => [key, trits[at] === '1'] as const).filter((_, at) => Number(trits[at]))
  const decisions = Object.fromEntries(answers)
  return encode(keys, decisions) === text ? decisions : undefined
}
