// What DuckDuckGo's autoconsent makes of a notice, by its own code and without a browser.
//
//   node robots/classify.mjs < notices.json
//
// in:  {name: {"labels": {key: label}, "bodies": {key: text}}}
// out: {name: {"labels": {key: reject|settings|accept|acknowledge|other}, "bodies": {key: true if taken for a popup}}}
//
// The module is not among the package's exports, so it is bundled from its source.
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'

const SOURCE = new URL('../node_modules/@duckduckgo/autoconsent/lib/heuristics.ts', import.meta.url)

const bundled = await build({ entryPoints: [SOURCE.pathname], bundle: true, format: 'esm', write: false })
const robot = await import(`data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString('base64')}`)

// The robot reads a popup whole: its words and what stands on its buttons.
function isPopup(body, labels) {
  const all = [body, ...labels].join('\n')
  return !robot.isExcludedPopup(all) && robot.checkHeuristicPatterns(all).patterns.length > 0
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}

const notices = JSON.parse(await text(process.stdin))
const seen = mapped(notices, ({ labels, bodies }) => ({
  labels: mapped(labels, robot.classifyButtonTextRegex),
  bodies: mapped(bodies, (body) => isPopup(body, Object.values(labels))),
}))
console.log(JSON.stringify(seen))
