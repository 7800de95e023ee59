/**
 * Answers as text: one trit each (0 undecided, 1 granted, 2 refused) behind a leading 1, as one number in hex.
 * 12 purposes and 60 services take 29 characters of a cookie that may hold 150.
 */
import { byKey } from './keys'
import type { Decisions } from './state'

type Answer = boolean | undefined

const ANSWERS: readonly Answer[] = [undefined, true, false]

export function encode(answers: readonly Answer[]): string {
  return answers.reduce((sum, answer) => sum * 3n + BigInt(ANSWERS.indexOf(answer)), 1n).toString(16)
}

/** text: hex digits. */
export function decode(text: string): Answer[] {
  return [...BigInt(`0x${text}`).toString(3).slice(1)].map((trit) => ANSWERS[+trit])
}

/** Answers by key; undefined where there is none. */
export function named(keys: readonly string[], answers: readonly Answer[]): Decisions {
  return byKey(keys, (_, at) => answers[at])
}
