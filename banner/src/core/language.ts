/**
 * Which language the visitor reads. The page knows it better than the browser does, so the tag's `data-lang`,
 * then `<html lang>`, outrank the language that the server chose from Accept-Language.
 */
import { config, wishedLanguage } from './config'
import { fetchPart } from './parts'

/** Loads the texts in the page's language when they are not here yet; on failure the present ones stay. */
export async function matchPageLanguage(): Promise<void> {
  await speak(offered(wishedLanguage) ?? offered(document.documentElement.lang) ?? '')
}

/** Resolves to true when the texts are in that language. Never rejects: a notice in another language beats none. */
export async function speak(language: string): Promise<boolean> {
  if (config.lang !== language && config.languages.includes(language)) await fetchPart('texts', language)
  return config.lang === language
}

/** "ko-KR" is offered when "ko-KR" or "ko" is; the configuration lists the longer tags first. */
function offered(wish = ''): string | undefined {
  return config.languages.find((one) => RegExp(`^${one}(-|$)`, 'i').test(wish))
}
