// Runs a TypeScript file of this project, after installing the npm packages if they are not there or are
// older than the lock file: `npm start` and `npm test` need nothing on the machine but Node itself.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const [file, ...args] = process.argv.slice(2)

const installed = path.join(root, 'node_modules', '.package-lock.json')
const lock = path.join(root, 'package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.error('Installing the npm packages ...')
  // stdout is kept for the command's own answer: what npm says goes to stderr.
  const npm = spawnSync('npm', ['ci', '--loglevel=error', '--ignore-scripts'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit']
  })
  if (npm.status !== 0) {
    console.error(
      'npm ci failed: see the lines above. The packages come from the npm registry; is it reachable?'
    )
    process.exit(npm.status ?? 1)
  }
}

const child = spawnSync(process.execPath, ['--import', 'tsx', path.join(root, file), ...args], {
  cwd: root,
  stdio: 'inherit'
})
process.exit(child.status ?? 1)
