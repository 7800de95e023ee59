/** A product of two routes in React, for tests/browser/test_package.py. */
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { ConsentBanner, Gated, useConsent } from 'consent-server-banner/react'

const app = document.getElementById('app')!
const { server = '', siteKey = '' } = app.dataset

function State() {
  const { ready, categories, services, accept, refuse, showPreferences } = useConsent()
  return (
    <>
      <output id="state">{ready ? [...categories, ...services].join(' ') : 'not here'}</output>
      <button onClick={() => accept('analytics')}>Allow statistics</button>
      <button onClick={() => accept('marketing')}>Allow marketing</button>
      <button onClick={refuse}>Refuse</button>
      <button onClick={showPreferences}>Choose</button>
    </>
  )
}

function Tour() {
  return (
    <section>
      <iframe data-category="marketing" data-service="reelbrook" data-src="video.html" title="Tour" />
    </section>
  )
}

function App() {
  const [path, setPath] = useState(location.pathname)
  const [failure, setFailure] = useState('')
  const go = (to: string) => {
    history.pushState(null, '', to)
    setPath(location.pathname)
  }
  useEffect(() => {
    const back = () => setPath(location.pathname)
    addEventListener('popstate', back)
    return () => removeEventListener('popstate', back)
  }, [])
  return (
    <>
      <ConsentBanner server={server} siteKey={siteKey} onError={(error) => setFailure(`${error}`)} />
      <State />
      <output id="failure">{failure}</output>
      <Gated category="analytics" service="pulse" fallback={<p>Not counted</p>}>
        <p>Counted</p>
        <script async src="analytics.js" />
      </Gated>
      <button onClick={() => go('tour')}>Tour</button>
      <button onClick={() => go('./')}>Start</button>
      {path.endsWith('/tour') && <Tour />}
    </>
  )
}

createRoot(app).render(<App />)
