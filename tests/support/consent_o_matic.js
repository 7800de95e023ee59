// Carries out a Consent-O-Matic rule, as its documentation describes the format, on the page that it is injected in.
// Answers to one call: performRule(rule, {A: true, ...}) -> {"showing": bool, "clicks": count, "missed": [selectors]}.
//
// Like the extension it clicks without a user (`isTrusted` is false), hides by moving out of sight, and waits for
// `waitcss` by asking again. Unlike the extension it notes every selector that found nothing where something was
// needed, and throws on a word that the format does not know.
const RETRIES = 10
const WAIT_MS = 250
const ORDER = ['HIDE_CMP', 'OPEN_OPTIONS', 'HIDE_CMP', 'DO_CONSENT', 'SAVE_CONSENT']

window.performRule = async (rule, wanted) => {
  const told = { showing: false, clicks: 0, missed: [] }
  const methods = Object.fromEntries(rule.methods.map(({ name, action }) => [name, action]))
  const detector = rule.detectors.find(({ presentMatcher }) => presentMatcher.every((one) => matches(one, document)))
  told.showing = Boolean(detector?.showingMatcher.every((one) => matches(one, document)))
  if (!told.showing) return told
  for (const name of ORDER) if (methods[name]) await perform(methods[name], document)
  return told

  function found({ selector, displayFilter }, base) {
    const all = selector === ':scope' ? [base] : [...base.querySelectorAll(selector)]
    return all.filter((element) => displayFilter === undefined || (element.offsetHeight !== 0) === displayFilter)
  }

  function needed(target, base) {
    const [element] = found(target, base)
    if (!element) told.missed.push(target.selector)
    return element
  }

  function matches({ type, target }, base) {
    if (type === 'css') return found(target, base).length > 0
    if (type === 'checkbox') return needed(target, base).checked
    throw new Error(`no such matcher: ${type}`)
  }

  async function perform(action, base) {
    const act = {
      list: async ({ actions }) => {
        for (const one of actions) await perform(one, base)
      },
      click: async ({ target }) => {
        const element = needed(target, base)
        if (!element) return
        element.click()
        told.clicks++
      },
      hide: async ({ target }) => found(target, base).forEach((element) => element.style.setProperty('left', '-100vw', 'important')),
      waitcss: async ({ target, retries = RETRIES, waitTime = WAIT_MS }) => {
        for (let left = retries; !found(target, base).length && left > 0; left--) {
          await new Promise((done) => setTimeout(done, waitTime))
        }
        needed(target, base)
      },
      ifcss: async ({ target, trueAction, falseAction }) => {
        const next = found(target, base).length ? trueAction : falseAction
        if (next) await perform(next, base)
      },
      foreach: async ({ target, action: each }) => {
        for (const element of found(target, base)) await perform(each, element)
      },
      consent: async ({ consents }) => {
        for (const { type, matcher, toggleAction } of consents) {
          if (matches(matcher, base) !== Boolean(wanted[type])) await perform(toggleAction, base)
        }
      },
    }[action.type]
    if (!act) throw new Error(`no such action: ${action.type}`)
    await act(action)
  }
}
