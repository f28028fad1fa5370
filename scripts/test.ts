import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'
import { progressOnStderr } from '../lab/progress.js'
import { openLab } from '../lab/world.js'

// `npm test`: the unit tests, then the end-to-end tests in the lab. Arguments go to jest.
// Ends with the line `N passed, N failed`.

interface Counts {
  passed: number
  failed: number
  skipped: number
  skippedNames: string[]
}

const folder = mkdtempSync(path.join(tmpdir(), 'crac-checkpoint-test-'))
try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true })
}

async function main(args: string[]): Promise<number> {
  // The end-to-end tests run dist/: a stale one would prove nothing.
  if (spawnSync('node', ['scripts/build.mjs', '--check'], { cwd: PROJECT, stdio: 'inherit' }).status !== 0)
    return 1

  const unit = await jest('unit', args, {})
  const world = await openLab(progressOnStderr).catch((error: unknown) => String(error))
  let e2e: Counts
  if (typeof world === 'string') {
    console.log(`\nThe end-to-end tests are not run, because the lab cannot be provided here:\n${world}\n`)
    e2e = await jest('e2e', args, {})
    // jest names no test of a file in which all are skipped.
    for (const name of e2e.skippedNames) console.log(`not run: ${name}`)
  } else {
    const file = path.join(folder, 'world.json')
    writeFileSync(file, JSON.stringify(world), { mode: 0o600 })
    e2e = await jest('e2e', args, { LAB_WORLD: file })
    await world.close()
  }

  const total = (name: 'passed' | 'failed' | 'skipped'): number => unit[name] + e2e[name]
  const skipped = total('skipped')
  const missed = typeof world === 'string' && process.env['CI'] === 'true'
  if (missed) console.log('With CI=true, end-to-end tests that could not be run are a failure.')
  const last = `${total('passed')} passed, ${total('failed')} failed`
  console.log(skipped > 0 ? `${last}, ${skipped} skipped` : last)
  return total('failed') > 0 || missed ? 1 : 0
}

async function jest(project: string, args: string[], env: NodeJS.ProcessEnv): Promise<Counts> {
  const report = path.join(folder, `${project}.json`)
  const command = [
    '--selectProjects',
    project,
    '--verbose',
    '--json',
    '--outputFile',
    report,
    '--passWithNoTests'
  ]
  // The tests of one lab share its engine: one file after the other, so that timings mean something.
  if (project === 'e2e') command.push('--runInBand', '--testTimeout', '180000')
  await new Promise((resolve) => {
    // ES modules in jest need the flag: https://jestjs.io/docs/ecmascript-modules
    const options = [
      '--experimental-vm-modules',
      '--no-warnings',
      'node_modules/jest/bin/jest.js',
      ...command,
      ...args
    ]
    const child = spawn(process.execPath, options, {
      cwd: PROJECT,
      env: { ...process.env, ...env },
      // The report is in the file; what a person reads comes on stderr.
      stdio: ['ignore', 'ignore', 'inherit']
    })
    child.on('close', resolve)
  })
  const result = JSON.parse(readFileSync(report, 'utf8')) as JestReport
  return {
    passed: result.numPassedTests,
    // A file that cannot be loaded has no tests to fail.
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skipped: result.numPendingTests + result.numTodoTests,
    skippedNames: result.testResults
      .flatMap((file) => file.assertionResults)
      .filter((test) => test.status === 'pending')
      .map((test) => test.fullName)
  }
}

interface JestReport {
  numPassedTests: number
  numFailedTests: number
  numRuntimeErrorTestSuites: number
  numPendingTests: number
  numTodoTests: number
  testResults: { assertionResults: { fullName: string; status: string }[] }[]
}
