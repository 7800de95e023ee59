/**
 * Reelbrook, an invented video service of the demo: a drawn film of 30 seconds inside a gated frame. Tells the page
 * around it how long this viewer has watched; sends nothing anywhere else.
 */
(() => {
  const FILM_SECONDS = 30
  const toggle = document.getElementById('toggle')
  const still = matchMedia('(prefers-reduced-motion: reduce)')
  let seconds = 0

  function play(isPlaying) {
    document.body.classList.toggle('is-paused', !isPlaying)
    toggle.ariaLabel = isPlaying ? toggle.dataset.pause : toggle.dataset.play
  }

  function tick() {
    if (!document.body.classList.contains('is-paused')) seconds += 1
    document.getElementById('time').textContent = `0:${String(seconds % FILM_SECONDS).padStart(2, '0')}`
    parent.postMessage({ service: 'reelbrook', seconds }, location.origin)
  }

  toggle.addEventListener('click', () => play(document.body.classList.contains('is-paused')))
  play(!still.matches)
  setInterval(tick, 1000)
})()
