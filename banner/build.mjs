// Bundles src/core/main.ts into ../static/embed.js and each src/parts/<part>/main.ts into ../static/parts/<part>.js,
// and prints what a page pays for them.
//
//   node build.mjs           writes the files
//   node build.mjs --check   builds in memory; exits 1 when a committed file differs or is over its budget
//
// The output depends on src/ and on the pinned esbuild only: no dates, no paths, no machine.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { minify } from '@swc/core'
import { build, transform } from 'esbuild'

const HERE = new URL('.', import.meta.url)
const STATIC = new URL('../static/', import.meta.url)
const TARGET = ['chrome99', 'edge99', 'firefox101', 'safari16.4'] // the first with adoptedStyleSheets

// Bytes under brotli. What a page pays for the default configuration is measured by tests/banner/test_budget.py.
const BUDGETS = {
  'embed.js': 5380, // with the default configuration and English 6,000
  'parts/preferences.js': 5000,
  'parts/embeds.js': 1200,
  'parts/question.js': 950,
  'parts/blocking.js': 1800,
  'parts/cleanup.js': 600,
  'parts/extras.js': 700,
  'parts/import.js': 850,
  'parts/changes.js': 2100,
  'parts/google.js': 300,
  'parts/centre.js': 300,
  'parts/focus.js': 300,
  'parts/cc3.js': 1300,
}
const SMALL_BUDGET = 300 // raw: Microsoft, Meta, TikTok and whatever else has no line above

const DOOR = /\/core\/door$/

const minifiedStyles = {
  name: 'minified-styles',
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        target: TARGET,
      })
      return { contents: code.trim().replace(/(?<=--[\w-]+:|,) | (?=\/)|(?<=\/) /g, ''), loader: 'text' }
    })
  },
}

// A part shares the running core instead of carrying a copy of it: importing the door becomes require('door').
const throughTheDoor = {
  name: 'through-the-door',
  setup(builder) {
    builder.onResolve({ filter: /\/core\// }, ({ path, importer }) =>
      DOOR.test(path)
        ? { path: 'door', external: true }
        : { errors: [{ text: `${importer} must not reach past core/door: ${path}` }] },
    )
  },
}

const COMMON = {
  absWorkingDir: HERE.pathname,
  bundle: true,
  target: TARGET,
  charset: 'utf8',
  legalComments: 'none',
  write: false,
}

// The text of a function body that takes __CONSENT_CONFIG__ and __CONSENT_PARTS__.
async function core() {
  const code = String(await bytesOf({ entryPoints: ['src/core/main.ts'], format: 'esm', plugins: [minifiedStyles, listedDoor] }))
  const [styles] = code.match(/'[^']*#cs-root[^']*'/)
  return Buffer.from(`var $=${styles};${code.replace(styles, '$')}`) // in front they cost 27 bytes less
}

// The text of a function body that takes `require`.
async function part(name) {
  return bytesOf({
    entryPoints: [`src/parts/${name}/main.ts`],
    format: 'cjs',
    plugins: [minifiedStyles, throughTheDoor],
  })
}

// No minifier may shorten the names on the door, as it sees one side only; this build sees both: in the core the door
// becomes a list, in the parts a name becomes its place (and a call, where the core may assign the name anew).
const doorText = await readFile(new URL('src/core/door.ts', HERE), 'utf8')
const door = await Promise.all(
  [...doorText.matchAll(/^export \{(.*)\} from '(.*)'/gm)].flatMap(([, names, from]) =>
    names.split(',').map(async (text) => {
      const name = text.trim()
      const isLive = (await readFile(new URL(`src/core/${from}.ts`, HERE), 'utf8')).includes(`export let ${name}`)
      return { name, from, isLive }
    }),
  ),
)
const place = (name) => {
  const at = door.findIndex((known) => known.name === name)
  return `[${at}]${door[at].isLive ? '()' : ''}`
}

const listedDoor = {
  name: 'listed-door',
  setup(builder) {
    builder.onLoad({ filter: /\/core\/door\.ts$/ }, () => {
      const imports = door.map(({ name, from }) => `import { ${name} } from '${from}'`).join('\n')
      const list = door.map(({ name, isLive }) => (isLive ? `() => ${name}` : name)).join(', ')
      return { contents: `${imports}\nexport const door = [${list}]`, loader: 'ts' }
    })
    builder.onLoad({ filter: /\/core\/main\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      return { contents: text.replace("import * as door from './door'", "import { door } from './door'"), loader: 'ts' }
    })
  },
}

async function bytesOf(options) {
  const result = await build({ ...COMMON, ...options })
  const text = result.outputFiles[0].text
    .replace('"use strict";\n', '')
    .replace(/(?<=import_door\w*)\.(\w+)/g, (_, name) => place(name))
  // swc makes this code 4 % smaller under brotli than esbuild's own minifier does, terser 3 %
  const { code } = await minify(text, {
    compress: { ecma: 2020, passes: 4, pure_getters: true, toplevel: true, unsafe_arrows: true },
    mangle: { toplevel: true, reserved: ['$'] },
    module: false,
    ecma: 2020,
  })
  return Buffer.from(code)
}

function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length
}

const folders = await readdir(new URL('src/parts/', HERE), { withFileTypes: true })
const names = folders.filter((one) => one.isDirectory()).map(({ name }) => name).sort()
const built = [['embed.js', await core()]]
for (const name of names) built.push([`parts/${name}.js`, await part(name)])

for (const [file, bytes] of built) {
  const gzipped = gzipSync(bytes, { level: 9 }).length
  const paid = file in BUDGETS ? brotli(bytes) : bytes.length
  const budget = BUDGETS[file] ?? SMALL_BUDGET
  const verdict = paid <= budget ? `within ${budget}` : `OVER ITS BUDGET of ${budget}`
  console.log(`${file}: raw ${bytes.length} B, gzip ${gzipped} B, brotli ${brotli(bytes)} B, ${verdict}`)
  if (paid > budget) process.exitCode = 1
}

if (process.argv.includes('--check')) {
  for (const [file, bytes] of built) {
    if (!bytes.equals(await readFile(new URL(file, STATIC)).catch(() => Buffer.alloc(0)))) {
      console.error(`static/${file} is not what banner/src builds: run "npm run build" in banner/ and commit the result`)
      process.exitCode = 1
    }
  }
} else {
  await rm(new URL('parts/', STATIC), { recursive: true, force: true })
  await mkdir(new URL('parts/', STATIC), { recursive: true })
  for (const [file, bytes] of built) await writeFile(new URL(file, STATIC), bytes)
}
