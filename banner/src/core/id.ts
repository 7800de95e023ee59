/** A random UUID: the end of any blob's address (File API §8.3). crypto.randomUUID is missing on plain http. */
export function newId(): string {
  return URL.createObjectURL(new Blob()).slice(-36)
}
