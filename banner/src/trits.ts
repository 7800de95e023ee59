/**
 * Decisions as text: one trit per key in config order (0 undecided, 1 granted, 2 refused), three trits per
 * character, little end first. 60 services take 20 characters of a cookie that may hold 150.
 */
import type { Decisions } from './state'

/** The first 27 of base64url: 3 trits have 27 values. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZa'

type Keyed = readonly { readonly key: string }[]

export function encode(keys: Keyed, decisions: Decisions): string {
  const digits = new Array<number>(Math.ceil(keys.length / 3)).fill(0)
  keys.forEach(({ key }, at) => {
    const decision = decisions[key]
    const trit = decision === undefined ? 0 : decision ? 1 : 2
    digits[Math.floor(at / 3)]! += trit * 3 ** (at % 3)
  })
  return digits.map((digit) => ALPHABET[digit]).join('')
}

/** Characters missing at the end are undecided. Undefined when the text cannot have come from encode. */
export function decode(keys: Keyed, text: string): Decisions | undefined {
  if (text.length > Math.ceil(keys.length / 3)) return undefined
  const decisions: Record<string, boolean> = {}
  for (let at = 0; at < text.length * 3; at++) {
    const digit = ALPHABET.indexOf(text[Math.floor(at / 3)]!)
    if (digit < 0) return undefined
    const trit = Math.floor(digit / 3 ** (at % 3)) % 3
    const key = keys[at]?.key
    if (trit && !key) return undefined
    if (trit && key) decisions[key] = trit === 1
  }
  return decisions
}
