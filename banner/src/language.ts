/**
 * Which language the visitor reads. The page knows it better than the browser does, so the tag's `data-lang`,
 * then `<html lang>`, outrank the language that the server chose from Accept-Language.
 */
import { adoptConfig, base, config, wishedLanguage } from './config'
import type { Config } from './config'

const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/

export function direction(): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.test(config.lang) ? 'rtl' : 'ltr'
}

/** Loads the texts in the page's language when they are not here yet; on failure the present ones stay. */
export async function matchPageLanguage(): Promise<void> {
  await speak(offered(wishedLanguage) ?? offered(document.documentElement.lang) ?? config.lang)
}

/** Resolves to true when the texts are in that language. Never rejects: a notice in another language beats none. */
export async function speak(language: string): Promise<boolean> {
  if (language === config.lang) return true
  if (!config.languages.includes(language)) return false
  try {
    const answer = await fetch(`${base}embed/${config.site}/${language}.json`, { credentials: 'omit' })
    if (answer.ok) adoptConfig((await answer.json()) as Config)
  } catch {
    // offline, or blocked: keep what we have
  }
  return config.lang === language
}

/** "ko-KR" is offered when "ko-KR" or "ko" is. */
function offered(wish: string | undefined): string | undefined {
  const lower = wish?.toLowerCase()
  const match = (tagged: string | undefined) => config.languages.find((one) => one.toLowerCase() === tagged)
  return match(lower) ?? match(lower?.split('-')[0])
}
