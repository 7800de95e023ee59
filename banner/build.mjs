// Bundles src/main.ts into ../static/embed.js and prints what a page pays for it.
//
//   node build.mjs           writes ../static/embed.js
//   node build.mjs --check   builds in memory; exits 1 when the committed file differs
//
// The output depends on src/ and on the pinned esbuild only: no dates, no paths, no machine.
import { readFile, writeFile } from 'node:fs/promises'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'

const BUILT = new URL('../static/embed.js', import.meta.url)
const TARGET = ['es2020', 'chrome99', 'edge99', 'firefox101', 'safari16.4'] // the first with adoptedStyleSheets

const minifiedStyles = {
  name: 'minified-styles',
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        target: TARGET,
      })
      return { contents: code.trim(), loader: 'text' }
    })
  },
}

async function bundle() {
  const result = await build({
    absWorkingDir: new URL('.', import.meta.url).pathname,
    entryPoints: ['src/main.ts'],
    bundle: true,
    minify: true,
    format: 'iife',
    target: TARGET,
    charset: 'utf8',
    legalComments: 'none',
    plugins: [minifiedStyles],
    write: false,
  })
  return Buffer.from(result.outputFiles[0].contents)
}

function sizes(bytes) {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  return `raw ${bytes.length} B, gzip ${gzipSync(bytes, { level: 9 }).length} B, brotli ${brotli.length} B`
}

const bytes = await bundle()
console.log(`embed.js: ${sizes(bytes)}`)
if (!process.argv.includes('--check')) {
  await writeFile(BUILT, bytes)
} else if (!bytes.equals(await readFile(BUILT).catch(() => Buffer.alloc(0)))) {
  console.error('static/embed.js is not what banner/src builds: run "npm run build" in banner/ and commit the result')
  process.exitCode = 1
}
