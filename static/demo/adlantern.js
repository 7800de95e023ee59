/**
 * Adlantern, an invented marketing service of the demo: keeps the pages you looked at in the cookie `lantern_seen`,
 * as advertisers do to guess what you want. It sends nothing anywhere.
 */
(() => {
  const DAYS = 90
  const PAGES_LIMIT = 5
  let pages = []

  function start() {
    const before = document.cookie.match(/(?:^|; )lantern_seen=([^;]*)/)?.[1]?.split('~').filter(Boolean) ?? []
    const here = location.pathname.replace(/^\/demo\//, '') || 'home'
    pages = [...new Set([...before, here])].slice(-PAGES_LIMIT)
    document.cookie = `lantern_seen=${pages.join('~')};path=/;max-age=${DAYS * 86400};samesite=lax`
  }

  function stop() {
    pages = []
  }

  start()
  ;(window.demoServices ??= new Map()).set('adlantern', { start, stop, learned: () => ({ pages: pages.join(', ') }) })
  document.dispatchEvent(new Event('demo:service'))
})()
