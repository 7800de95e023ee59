/** A random UUID, version 4 (RFC 9562 §5.4). crypto.randomUUID is not used: it is missing on plain http. */
export function newId(): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () =>
    (crypto.getRandomValues(new Uint8Array(1))[0]! & 15).toString(16),
  )
}
