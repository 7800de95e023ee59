/** The languages that the notice is published in, each under its own name; a change speaks it at once. */
import { api, config, drawLayers, element, speak } from '../../core/door'

export function languageChoice(): HTMLElement | undefined {
  const { lang, languages, texts } = config
  if (!languages[1]) return undefined
  const options = [...languages].sort().map((one) => {
    const option = element('option', { value: one, lang: one }, nameOf(one))
    option.selected = one === lang
    return option
  })
  const select = element('select', {}, ...options)
  select.onchange = () => void change(select.value)
  return element('label', { class: 'cs-language' }, texts.language, select)
}

async function change(language: string): Promise<void> {
  if (!(await speak(language))) return
  drawLayers()
  await api.showPreferences()
}

function nameOf(language: string): string {
  return new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language
}
