/**
 * Where other consent tools keep a choice, and how. Each returns the names (purposes or services) that were granted, or
 * undefined when there is no choice, or none that can be read.
 */
type Granted = readonly string[] | undefined
type Json = Readonly<Record<string, unknown>>

export const SOURCES: readonly (() => Granted)[] = [
  // vanilla-cookieconsent 2 and 3: {"categories":["necessary","analytics"],"services":{"analytics":["ga"]}}
  () => {
    const { categories, services } = json('cc_cookie') ?? {}
    return isList(categories) ? [...categories, ...Object.values(services ?? {}).flat()] : undefined
  },
  // Klaro: {"service":true}, in a cookie or in localStorage
  () => trueKeys(json('klaro')),
  // c15t: c.measurement:1,c.marketing:0,i.t:...
  () => pairs('c15t', /c\.(\w+):1/g, /^c\.|,c\./),
  // ConsentOS: {"accepted":[...],"rejected":[...]}
  () => {
    const accepted = json('_consentos_consent')?.['accepted']
    return isList(accepted) ? accepted : undefined
  },
  // tarteaucitron: !service=true!other=false (or wait)
  () => pairs('tarteaucitron', /!([^=!]+)=true/g, /=(true|false)/),
  // OneTrust: ...&groups=C0001:1,C0002:0&...; the other cookie is there once somebody has closed the notice
  () => (stored('OptanonAlertBoxClosed') ? pairs('OptanonConsent', /(C\d{4}):1/g, /groups=/) : undefined),
  // Cookiebot: {stamp:'...',necessary:true,preferences:false,...}
  () => pairs('CookieConsent', /(\w+):true/g, /stamp:'[^-]/),
]

function stored(name: string): string {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))
  try {
    return found ? decodeURIComponent(found.slice(name.length + 1)) : (localStorage.getItem(name) ?? '')
  } catch {
    return ''
  }
}

function json(name: string): Json | undefined {
  try {
    const value = JSON.parse(stored(name)) as unknown
    return value && typeof value === 'object' ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** granted: its first group is a name. isChoice: what a text looks like that holds a choice at all. */
function pairs(name: string, granted: RegExp, isChoice: RegExp): Granted {
  const text = stored(name)
  return isChoice.test(text) ? [...text.matchAll(granted)].map(([, one]) => one!) : undefined
}

function trueKeys(map: Json | undefined): Granted {
  const entries = Object.entries(map ?? {})
  return entries.some(([, value]) => typeof value === 'boolean')
    ? entries.filter(([, value]) => value === true).map(([key]) => key)
    : undefined
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
