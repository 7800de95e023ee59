/** Requests and writes of scripts: fetch, XMLHttpRequest, beacons, cookies, both storages. */
import { heldAddress, heldName } from './rules'

type AnyFunction = (...words: never[]) => unknown

export function watchTraffic(): void {
  const { fetch } = window
  window.fetch = (input, init) => {
    const address = input instanceof Request ? input.url : String(input)
    return heldAddress(address) ? Promise.reject(new TypeError('Failed to fetch')) : fetch.call(window, input, init)
  }
  watchXhr()
  replace(Navigator.prototype, 'sendBeacon', (original) => function (this: Navigator, url: string | URL, body) {
    return heldAddress(String(url)) ? false : original.call(this, url, body)
  })
  replace(Storage.prototype, 'setItem', (original) => function (this: Storage, key, value) {
    if (!heldName(String(key))) original.call(this, key, value)
  })
  watchCookies()
}

/** A held request ends as one that a browser extension has blocked: with an error, later. */
function watchXhr(): void {
  const held = new WeakSet<XMLHttpRequest>()
  replace(XMLHttpRequest.prototype, 'open', (original) => function (this: XMLHttpRequest, ...words: unknown[]) {
    if (heldAddress(String(words[1]))) held.add(this)
    else held.delete(this)
    ;(original as AnyFunction).apply(this, words as never[])
  } as XMLHttpRequest['open'])
  replace(XMLHttpRequest.prototype, 'send', (original) => function (this: XMLHttpRequest, body) {
    if (held.has(this)) setTimeout(() => this.dispatchEvent(new ProgressEvent('error')))
    else original.call(this, body)
  })
}

function watchCookies(): void {
  const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')!
  Object.defineProperty(document, 'cookie', {
    get: () => get!.call(document) as string,
    set: (cookie: unknown) => {
      if (!heldName(String(cookie).split('=')[0]!.trim())) set!.call(document, cookie)
    },
    configurable: true,
  })
  const { cookieStore } = window as { cookieStore?: { set(...words: unknown[]): Promise<void> } }
  if (!cookieStore) return
  const write = cookieStore.set.bind(cookieStore)
  cookieStore.set = (...words) => {
    const [first] = words
    const name = typeof first === 'object' ? (first as { name: string }).name : String(first)
    return heldName(name) ? Promise.resolve() : write(...words)
  }
}

function replace<Host extends object, Name extends keyof Host>(
  host: Host,
  name: Name,
  make: (original: Host[Name]) => Host[Name],
): void {
  host[name] = make(host[name])
}
