/**
 * The panel "What is running on this page": the product's own script, not gated, because it stores and sends nothing.
 * A lamp is on exactly while its service runs. After a withdrawal the page also does what a script tag cannot do for
 * it: it stops the services and removes their cookies.
 */
(() => {
  const COOKIE_NAMES = /\b[a-z]+_[a-z]+\b/g // as the notice writes them: pulse_id
  const panel = document.getElementById('running')
  const rows = [...panel.querySelectorAll('[data-service-row]')]
  const film = document.querySelector('iframe[data-service="reelbrook"]')
  const services = (window.demoServices ??= new Map())
  const stopped = new Set()
  let filmSeconds = 0
  let allowed

  const isRunning = (key) => (key === 'reelbrook' ? Boolean(film?.hasAttribute('src')) : services.has(key) && !stopped.has(key))
  const learnedBy = (key) => (key === 'reelbrook' ? { seconds: filmSeconds } : services.get(key).learned())
  const cookieNames = () => document.cookie.split('; ').filter(Boolean).map((pair) => pair.split('=')[0])

  function decided({ detail }) {
    allowed = detail.services
    for (const { dataset } of rows) follow(dataset.serviceRow, dataset.stores)
    setTimeout(draw) // frames are closed after the event
  }

  /** A script that has run cannot be taken back by anybody but itself, so it is asked to stop and to start again. */
  function follow(key, stores) {
    const isAllowed = allowed.includes(key)
    if (isAllowed && stopped.delete(key)) services.get(key).start()
    if (!isAllowed && services.has(key) && !stopped.has(key)) {
      services.get(key).stop()
      stopped.add(key)
    }
    if (!isAllowed) window.ConsentBanner.eraseCookies(stores.match(COOKIE_NAMES) ?? [])
  }

  function draw() {
    const turned = rows.map((row) => drawService(row, row.dataset.serviceRow)).filter(Boolean)
    if (turned.length) panel.querySelector('[data-spoken]').textContent = turned.join(', ')
    const names = cookieNames().sort()
    const shown = names.length ? names : [panel.dataset.none]
    panel.querySelector('[data-count]').textContent = names.length
    panel.querySelector('[data-cookies]').replaceChildren(...shown.map(asItem))
  }

  function drawService(row, key) {
    const runs = isRunning(key)
    const turned = runs !== row.classList.contains('is-on') && turn(row, key, runs)
    const facts = runs ? learnedBy(key) : undefined
    row.querySelector('[data-learned]').textContent = facts ? phrase(row.dataset.knows, facts) : panel.dataset.nothing
    return turned
  }

  /** Returns the words for those who cannot see lamps. */
  function turn(row, key, runs) {
    const word = runs ? panel.dataset.on : panel.dataset.off
    for (const lamp of panel.querySelectorAll(`[data-lamp="${key}"], [data-service-row="${key}"]`)) lamp.classList.toggle('is-on', runs)
    for (const state of panel.querySelectorAll(`[data-state="${key}"]`)) state.textContent = word
    return `${row.querySelector('.lamp').textContent}: ${word}`
  }

  const phrase = (pattern, facts) => pattern.replace(/\{(\w+)\}/g, (_, name) => facts[name])
  const asItem = (text) => Object.assign(document.createElement('li'), { textContent: text })

  for (const name of ['ready', 'first', 'change']) document.addEventListener(`consent:${name}`, decided)
  document.addEventListener('demo:service', draw)
  addEventListener('message', ({ data, source, origin }) => {
    if (origin !== location.origin || source !== film?.contentWindow || data?.service !== 'reelbrook') return
    filmSeconds = data.seconds
    draw()
  })
  setInterval(draw, 1000)
  draw()
})()
