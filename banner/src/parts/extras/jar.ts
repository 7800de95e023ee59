/** Removes cookies of others by name, over every domain and path that this page may set cookies for. */

type Names = string | RegExp | readonly (string | RegExp)[]

/** path, domain: only these; otherwise the host and each domain above it, and every folder of the page's path. */
export function eraseCookies(names: Names, path?: string, domain?: string): void {
  for (const name of present().filter((one) => isNamed(one, names))) {
    for (const scope of domain ? [domain] : scopes()) {
      for (const folder of path ? [path] : folders()) {
        document.cookie = `${name}=;path=${folder};max-age=0${scope && `;domain=${scope}`}`
      }
    }
  }
}

export function isNamed(name: string, names: Names): boolean {
  return [names].flat().some((want) => (want instanceof RegExp ? want.test(name) : want === name))
}

function present(): string[] {
  return document.cookie.split('; ').map((pair) => pair.split('=')[0] ?? '')
}

/** '' (this host only), then a.b.example.com, b.example.com, ... The browser ignores the ones that are no site. */
function scopes(): string[] {
  const labels = location.hostname.split('.')
  return ['', ...labels.map((_, at) => labels.slice(at).join('.'))]
}

/** For /a/b/c: /, /a, /a/, /a/b, /a/b/, /a/b/c: with and without the slash are different paths to a browser. */
function folders(): string[] {
  const steps = location.pathname.split('/').slice(1)
  return steps.flatMap((_, at) => {
    const folder = `/${steps.slice(0, at).join('/')}`
    return [folder, `${folder}/`]
  }).concat(location.pathname)
}
