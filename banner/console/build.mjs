// Bundles console/charts.ts with what it uses of Chart.js into ../static/admin/charts.js. Chart.js is pinned with its
// hash in package-lock.json; the result is committed, so that nobody needs Node to run the service.
//
//   node console/build.mjs           writes the file
//   node console/build.mjs --check   builds in memory; exits 1 when the committed file differs or is over its budget
import { readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const FILE = new URL('../../static/admin/charts.js', import.meta.url)
const BUDGET = 65_000 // bytes under gzip, once per operator and version

const result = await build({
  absWorkingDir: new URL('.', import.meta.url).pathname,
  entryPoints: ['charts.ts'],
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome99', 'edge99', 'firefox101', 'safari16.4'],
  charset: 'utf8',
  legalComments: 'eof', // the licence of Chart.js goes with it
  write: false,
})
const bytes = Buffer.from(result.outputFiles[0].contents)
const gzipped = gzipSync(bytes, { level: 9 }).length
console.log(`admin/charts.js: raw ${bytes.length} B, gzip ${gzipped} B, ${gzipped <= BUDGET ? 'within' : 'OVER'} ${BUDGET}`)
if (gzipped > BUDGET) process.exitCode = 1

if (!process.argv.includes('--check')) {
  await writeFile(FILE, bytes)
} else if (!bytes.equals(await readFile(FILE).catch(() => Buffer.alloc(0)))) {
  console.error('static/admin/charts.js is not what banner/console builds: run "npm run build" in banner/ and commit it')
  process.exitCode = 1
}
