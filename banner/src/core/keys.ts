/** An object with one value for each key. */
export function byKey<Value>(keys: readonly string[], valueOf: (key: string, at: number) => Value): Record<string, Value> {
  return Object.fromEntries(keys.map((key, at) => [key, valueOf(key, at)]))
}
