/** Compiles only while the typings are those of the script: every method, and what each takes and gives. */
import type { api } from '../../src/core/api'
import type { CookieView, Detail, EventName } from '../../src/core/events'
import type { Config } from '../../src/core/config'
import type { ConsentBanner, ConsentConfig, ConsentCookie, ConsentDetail, ConsentEventName } from 'consent-server-banner'

type Real = typeof api
/** Only fetched parts of the script call it. */
type Inner = 'join'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Fits<A extends B, B> = A
const holds = <_ extends true>(): void => undefined

holds<Equal<Exclude<keyof Real, Inner>, keyof ConsentBanner>>()

// What the script has fits what is promised, and the other way round. The two with a field of choice are compared by
// what they choose from, and of the configuration only a part is promised.
type ByField = 'getCookie' | 'getConfig'
export type RealFits = Fits<Omit<Real, ByField>, Omit<ConsentBanner, ByField>>
export type PromisedFits = Fits<Omit<ConsentBanner, ByField>, Omit<Real, Inner | ByField>>
export type ConfigFits = Fits<Config, ConsentConfig>
holds<Equal<Parameters<Real['getCookie']>[0], keyof ConsentCookie | undefined>>()

holds<Equal<ConsentEventName, EventName>>()
export type DetailFits = [Fits<Detail, ConsentDetail>, Fits<ConsentDetail, Detail>]
holds<Equal<keyof ConsentDetail, keyof Detail>>()
export type CookieFits = [Fits<CookieView, ConsentCookie>, Fits<ConsentCookie, CookieView>]
holds<Equal<keyof ConsentCookie, keyof CookieView>>()

// Methods compare their words loosely, so these are held against each other one by one. `run` and `push` take less here.
type Words<Of, Name extends keyof Of> = Of[Name] extends (...words: infer Given) => unknown ? Given : never
type Strict = Exclude<keyof ConsentBanner, ByField | 'run' | 'push'>
holds<Equal<{ [Name in Strict]: Words<Real, Name> }, { [Name in Strict]: Words<ConsentBanner, Name> }>>()
