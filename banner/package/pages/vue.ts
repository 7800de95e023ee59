/** The same product in Vue, for tests/browser/test_package.py. */
import { createApp, defineComponent, h, ref } from 'vue'
import { consentBanner, Gated, useConsent } from 'consent-server-banner/vue'

const app = document.getElementById('app')!
const { server = '', siteKey = '' } = app.dataset

const press = (label: string, act: () => void) => h('button', { onClick: act }, label)

const State = defineComponent(() => {
  const known = useConsent()
  return () => [
    h('output', { id: 'state' }, known.ready ? [...known.categories, ...known.services].join(' ') : 'not here'),
    press('Allow statistics', () => known.accept('analytics')),
    press('Allow marketing', () => known.accept('marketing')),
    press('Refuse', () => known.refuse()),
    press('Choose', () => known.showPreferences()),
  ]
})

const video = {
  'data-category': 'marketing', 'data-service': 'reelbrook', 'data-src': 'video.html', title: 'Tour',
}

const App = defineComponent(() => {
  const path = ref(location.pathname)
  const look = () => {
    path.value = location.pathname
  }
  const go = (to: string) => {
    history.pushState(null, '', to)
    look()
  }
  addEventListener('popstate', look)
  return () => [
    h(State),
    h(Gated, { category: 'analytics', service: 'pulse' }, {
      default: () => [h('p', 'Counted'), h('script', { async: true, src: 'analytics.js' })],
      fallback: () => h('p', 'Not counted'),
    }),
    press('Tour', () => go('tour')),
    press('Start', () => go('./')),
    path.value.endsWith('/tour') ? h('section', h('iframe', video)) : null,
  ]
})

createApp(App).use(consentBanner, { server, siteKey }).mount(app)
