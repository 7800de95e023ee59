// Runs in the page before anything else: sees the banner come and go, and what the page feels of it.
// banner: a CSS selector. isWatched: look at every frame from the start; costs script time, so not where that is counted.
({ banner, isWatched }) => {
  const SEEN = 0.05 // opacity: fading in, it can be read long before it is opaque
  const DRAWN = 0.98
  const seen = { cls: 0, inp: 0, errors: [] }
  window.__bench = seen

  const find = () => banner && document.querySelector(banner)

  const opacity = () => {
    const found = find()
    if (!found) return 0
    const { top, left, right, bottom, width, height } = found.getBoundingClientRect()
    if (width * height < 1 || bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth) return 0
    if (getComputedStyle(found).visibility === 'hidden') return 0
    let product = 1
    for (let node = found; node; node = node.parentElement) product *= Number(getComputedStyle(node).opacity)
    return product
  }

  const isMoving = () =>
    document.getAnimations().some(({ playState, effect }) => {
      const { target } = effect
      const concerns = target && (target.contains(find()) || find().contains(target))
      return concerns && playState === 'running' && effect.getComputedTiming().endTime !== Infinity
    })

  const watch = (type, more, each) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more })

  addEventListener('error', ({ message }) => seen.errors.push(message))
  watch('paint', {}, ({ name, startTime }) => {
    if (name === 'first-contentful-paint') seen.fcp = startTime
  })
  watch('layout-shift', {}, (shift) => {
    if (!shift.hadRecentInput) seen.cls += shift.value
  })
  const interaction = (event) => {
    if (event.interactionId) seen.inp = Math.max(seen.inp, event.duration)
  }
  watch('event', { durationThreshold: 16 }, interaction)
  watch('first-input', {}, interaction) // reported however short it is

  if (isWatched) {
    let before = ''
    const look = () => {
      const now = opacity()
      if (now > SEEN && !seen.visible) {
        seen.visible = performance.now()
        seen.needed = performance.getEntriesByType('resource').filter((entry) => entry.initiatorType !== 'beacon').map(({ name }) => name)
      }
      if (now > DRAWN && !isMoving()) {
        const { top, left, width } = find().getBoundingClientRect()
        const place = [top, left, width].join()
        if (place === before) seen.drawn = performance.now()
        before = place
      }
      if (!seen.drawn) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }

  // Called just before the click, so that until then nothing of ours runs.
  seen.awaitClick = () =>
    addEventListener(
      'click',
      ({ timeStamp }) => {
        const look = () => {
          if (opacity() > SEEN) requestAnimationFrame(look)
          else seen.hidden = performance.now() - timeStamp
        }
        requestAnimationFrame(look)
      },
      { capture: true, once: true },
    )
}
