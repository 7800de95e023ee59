// Builds the npm package from src/ into dist/ (not committed) and prints what each entry costs a page.
//
//   node package/build.mjs          in banner/; exits 1 when an entry is over its budget
//
// Files are put in place whole, so that builds side by side cannot read each other's halves.
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const DIST = join(HERE, 'dist')

// Bytes under brotli of an entry with all that it imports from here.
const BUDGET = 1000
const ENTRIES = {
  index: ['index'],
  react: ['react', 'store', 'index'],
  vue: ['vue', 'store', 'index'],
}

async function code() {
  const { outputFiles } = await build({
    absWorkingDir: HERE,
    entryPoints: ['index', 'store', 'react', 'vue'].map((name) => `src/${name}.ts`),
    outdir: 'dist',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    minify: true,
    write: false,
  })
  return outputFiles.map(({ path, contents }) => [path.slice(DIST.length + 1), Buffer.from(contents)])
}

async function types() {
  const folder = await mkdtemp(join(tmpdir(), 'types-'))
  try {
    const tsc = join(HERE, '../node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', join(HERE, 'tsconfig.build.json'), '--outDir', folder], { stdio: 'inherit' })
    const names = await readdir(folder)
    const emitted = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))]))
    return [...emitted, ['api.d.ts', await readFile(join(HERE, 'src/api.d.ts'))]]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function place(name, bytes) {
  const unfinished = join(DIST, `${name}.${process.pid}`)
  await writeFile(unfinished, bytes)
  await rename(unfinished, join(DIST, name))
}

const built = [...(await code()), ...(await types())]
await mkdir(DIST, { recursive: true })
for (const [name, bytes] of built) await place(name, bytes)

const files = new Map(built)
for (const [entry, parts] of Object.entries(ENTRIES)) {
  const paid = brotliCompressSync(Buffer.concat(parts.map((part) => files.get(`${part}.js`)))).length
  const verdict = paid > BUDGET ? `OVER ITS BUDGET of ${BUDGET}` : `within ${BUDGET}`
  console.log(`package ${entry}: brotli ${paid} B with what it imports, ${verdict}`)
  if (paid > BUDGET) process.exitCode = 1
}
