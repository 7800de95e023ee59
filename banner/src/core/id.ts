/**
 * The consent id: 16 random bytes, shaped as a UUID version 4 (RFC 9562 §5.4). In the cookie it is 22 base64
 * characters, everywhere else the UUID's text. crypto.randomUUID is not used: it is missing on plain http.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 15) | 64
  bytes[8] = (bytes[8]! & 63) | 128
  return btoa(String.fromCharCode(...bytes)).slice(0, 22)
}

/** 22 base64 characters to `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx`. */
export function asUuid(id: string): string {
  const hex = Array.from(atob(id), (byte) =>
    byte.charCodeAt(0).toString(16).padStart(2, '0'),
  ).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
