/** Removes cookies of others by name, over every parent domain a page may set cookies for. */

/** names: exact names or patterns; domain: only this one, otherwise the host and each domain above it. */
export function eraseCookies(names: string | RegExp | readonly (string | RegExp)[], path = '/', domain?: string): void {
  const present = document.cookie.split('; ').map((pair) => pair.split('=')[0] ?? '')
  const isWanted = (name: string) =>
    [names].flat().some((want) => (want instanceof RegExp ? want.test(name) : want === name))
  for (const name of present.filter(isWanted)) {
    for (const scope of domain ? [domain] : scopes()) {
      document.cookie = `${name}=;path=${path};max-age=0${scope && `;domain=${scope}`}`
    }
  }
}

/** '' (this host only), then a.b.example.com, b.example.com, ... The browser ignores the ones that are no site. */
function scopes(): string[] {
  const labels = location.hostname.split('.')
  return ['', ...labels.map((_, at) => labels.slice(at).join('.'))]
}
