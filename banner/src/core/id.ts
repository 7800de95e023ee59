/**
 * A random UUID. crypto.randomUUID is missing on plain http; there it is the end of a blob's address (File API §8.3),
 * which costs a call to the browser process.
 */
export function newId(): string {
  return (crypto as Partial<Crypto>).randomUUID?.() ?? URL.createObjectURL(new Blob()).slice(-36)
}
