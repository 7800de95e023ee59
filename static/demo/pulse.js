/**
 * Pulse, an invented analytics service of the demo: counts time, scrolling and clicks on this page and recognises the
 * browser by the cookie `pulse_id`. It sends nothing anywhere; what it knows is shown in the panel.
 */
(() => {
  const DAYS = 30
  const known = { seconds: 0, depth: 0, clicks: 0 }
  let clock = 0

  function start() {
    const id = document.cookie.match(/(?:^|; )pulse_id=([^;]+)/)?.[1] ?? crypto.getRandomValues(new Uint32Array(1))[0].toString(36)
    document.cookie = `pulse_id=${id};path=/;max-age=${DAYS * 86400};samesite=lax`
    clock = setInterval(() => void (known.seconds += document.hidden ? 0 : 1), 1000)
    addEventListener('scroll', measure, { passive: true })
    addEventListener('click', count)
    measure()
  }

  function stop() {
    clearInterval(clock)
    removeEventListener('scroll', measure)
    removeEventListener('click', count)
    Object.assign(known, { seconds: 0, depth: 0, clicks: 0 })
  }

  function measure() {
    const seen = scrollY + innerHeight
    known.depth = Math.max(known.depth, Math.min(100, Math.round((100 * seen) / document.documentElement.scrollHeight)))
  }

  function count() {
    known.clicks += 1
  }

  start()
  ;(window.demoServices ??= new Map()).set('pulse', { start, stop, learned: () => known })
  document.dispatchEvent(new Event('demo:service'))
})()
