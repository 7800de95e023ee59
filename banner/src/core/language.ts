/**
 * Which language the visitor reads. The page knows it better than the browser does, so the tag's `data-lang`,
 * then `<html lang>`, outrank the language that the server chose from Accept-Language.
 */
import { adoptConfig, base, config, wishedLanguage } from './config'
import type { Config } from './config'

/** Loads the texts in the page's language when they are not here yet; on failure the present ones stay. */
export async function matchPageLanguage(): Promise<void> {
  await speak(offered(wishedLanguage) ?? offered(document.documentElement.lang) ?? config.lang)
}

/** Resolves to true when the texts are in that language. Never rejects: a notice in another language beats none. */
export async function speak(language: string): Promise<boolean> {
  if (config.lang !== language && config.languages.includes(language)) {
    try {
      const answer = await fetch(`${base}embed/${config.site}/${language}.json`, { credentials: 'omit' })
      if (answer.ok) adoptConfig({ ...config, ...((await answer.json()) as Config) })
    } catch {
      // offline, or blocked: keep what we have
    }
  }
  return config.lang === language
}

/** "ko-KR" is offered when "ko-KR" or "ko" is. */
function offered(wish = ''): string | undefined {
  const match = (tag = '') => config.languages.find((one) => one.toLowerCase() === tag.toLowerCase())
  return match(wish) ?? match(wish.split('-')[0])
}
