// Bundles src/index.ts and its packages into one file for the runner and one for the terminal.
// With --check it compares instead of writing, and fails when the committed bundle is not current.
import { build } from 'esbuild'
import { getLicenseFileText } from 'generate-license-file'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { index: 'src/index.ts', cli: 'src/cli/cli.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  // The runner executes it with Node 24, the tests with the Node that is there: 20 or newer.
  target: 'node20',
  legalComments: 'none',
  // CommonJS has no import.meta: give the bundle the same value that the module has.
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' }
})

const files = new Map([
  ...outputFiles.map((file) => [path.relative(root, file.path), file.text]),
  ['dist/licenses.txt', await licenses()]
])

async function licenses() {
  const text = await getLicenseFileText(path.join(root, 'package.json'), { lineEnding: 'lf' })
  // The generator's advertisement for itself, at both ends.
  return text.replace(
    /^(This file was generated with .*|https:\/\/\S+\/package\/generate-license-file)\n/gm,
    ''
  )
}

if (process.argv.includes('--check')) {
  const stale = []
  for (const [file, text] of files) {
    const committed = await readFile(path.join(root, file), 'utf8').catch(() => '')
    if (committed !== text) stale.push(file)
  }
  if (stale.length > 0) {
    console.error(`Not current: ${stale.join(', ')}. Run \`npm run build\` and commit the result.`)
    process.exit(1)
  }
  console.log('dist/ is current.')
} else {
  await mkdir(path.join(root, 'dist'), { recursive: true })
  for (const [file, text] of files) {
    await writeFile(path.join(root, file), text, { mode: file.endsWith('cli.cjs') ? 0o755 : 0o644 })
    console.log(`${file}  ${(text.length / 1024).toFixed(0)} KiB`)
  }
}
