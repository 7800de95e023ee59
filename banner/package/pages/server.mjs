// Prints what a server renders with React and with Vue: nothing is granted there, and nothing asks for a window.
import { createElement, Fragment } from 'react'
import { renderToString } from 'react-dom/server'
import { createSSRApp, h } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import * as react from 'consent-server-banner/react'
import * as vue from 'consent-server-banner/vue'

const where = { server: 'https://consent.example', siteKey: 'k' }
const gate = { category: 'analytics' }

const page = createElement(
  Fragment,
  null,
  createElement(react.ConsentBanner, where),
  createElement(react.Gated, { ...gate, fallback: 'held back' }, 'granted'),
)
const app = createSSRApp({
  render: () => h(vue.Gated, gate, { default: () => h('b', 'granted'), fallback: () => h('i', 'held back') }),
})
console.log(JSON.stringify({ react: renderToString(page), vue: await renderVue(app.use(vue.consentBanner, where)) }))
