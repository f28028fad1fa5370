import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureCommand } from '../lab/debian.js'
import { isRoot, PROJECT } from '../lab/home.js'
import { ensureMavenBuild } from '../lab/maven.js'
import { progressOnStderr } from '../lab/progress.js'
import { ensureSample, SAMPLES } from '../lab/samples.js'
import { openLab, type World } from '../lab/world.js'
import { IN_CI } from '../__tests__/e2e/support/application-list.js'

// `npm test`: the unit tests, then the end-to-end tests in the lab. Arguments go to jest.
// `npm run test:long`: the tests that repeat a run many times, or measure it, and want a quiet machine.
// Ends with the ten slowest tests, the minutes in total, and the line `N passed, N failed`.

/** Docker engines of the lab, and so the files of end-to-end tests that run side by side. */
const SIDE_BY_SIDE = 2

interface Test {
  fullName: string
  status: string
  /** Duration of the test, in milliseconds. */
  duration?: number | null
}

interface Counts {
  passed: number
  failed: number
  skipped: number
  tests: Test[]
}

const NONE: Counts = { passed: 0, failed: 0, skipped: 0, tests: [] }

/** Folders of applications that tests build, below __tests__/e2e. */
const APPLICATIONS = [
  ...['spring', 'netty'].map((name) => `applications/${name}`),
  ...IN_CI.map((name) => `long/applications/${name}`)
]

const folder = mkdtempSync(path.join(tmpdir(), 'crac-checkpoint-test-'))
try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true })
}

async function main(given: string[]): Promise<number> {
  const begin = Date.now()
  const args = given.filter((arg) => arg !== '--long')
  const long = args.length < given.length
  // The end-to-end tests run dist/: a stale one would prove nothing.
  if (spawnSync('node', ['scripts/build.mjs', '--check'], { cwd: PROJECT, stdio: 'inherit' }).status !== 0)
    return 1

  // Tests pack archives with these programs.
  for (const [command, name] of Object.entries({ xz: 'xz-utils', bzip2: 'bzip2', zstd: 'zstd' }))
    if (isRoot()) await ensureCommand(command, [name], progressOnStderr)
  // The lab is made ready during the unit tests.
  const opening = openLab(progressOnStderr, long ? 1 : SIDE_BY_SIDE).catch((error: unknown) => String(error))
  if (!long && args.length === 0) void opening.then(buildApplications)
  const unit = long ? NONE : await jest('unit', args, {}, SIDE_BY_SIDE)
  const world = await opening
  const project = long ? 'long' : 'e2e'
  let e2e: Counts
  if (typeof world === 'string') {
    console.log(`\nThe end-to-end tests are not run, because the lab cannot be provided here:\n${world}\n`)
    e2e = await jest(project, args, {}, 1)
    // jest names no test of a file in which all are skipped.
    for (const { status, fullName } of e2e.tests)
      if (status === 'pending') console.log(`not run: ${fullName}`)
  } else {
    const file = path.join(folder, 'world.json')
    writeFileSync(file, JSON.stringify(world), { mode: 0o600 })
    e2e = await jest(project, args, { LAB_WORLD: file }, world.engines.length)
    await world.close()
  }

  const total = (name: 'passed' | 'failed' | 'skipped'): number => unit[name] + e2e[name]
  const skipped = total('skipped')
  const missed = typeof world === 'string' && process.env['CI'] === 'true'
  if (missed) console.log('With CI=true, end-to-end tests that could not be run are a failure.')
  console.log(['The slowest tests:', ...slowest([...unit.tests, ...e2e.tests])].join('\n  '))
  console.log(`${((Date.now() - begin) / 60_000).toFixed(1)} minutes in total`)
  const last = `${total('passed')} passed, ${total('failed')} failed`
  console.log(skipped > 0 ? `${last}, ${skipped} skipped` : last)
  return total('failed') > 0 || missed ? 1 : 0
}

/** The Maven projects that tests would else wait for; a build that fails here fails there again, and says why. */
async function buildApplications(world: World | string): Promise<void> {
  if (typeof world === 'string') return
  try {
    for (const sample of SAMPLES) await ensureSample(sample, world, progressOnStderr)
    for (const folder of APPLICATIONS)
      await ensureMavenBuild(path.join(PROJECT, '__tests__/e2e', folder), world, progressOnStderr)
  } catch (error) {
    progressOnStderr(String(error))
  }
}

function slowest(tests: readonly Test[]): string[] {
  return [...tests]
    .sort((one, other) => (other.duration ?? 0) - (one.duration ?? 0))
    .slice(0, 10)
    .map(({ fullName, duration }) => `${((duration ?? 0) / 1000).toFixed(1).padStart(6)} s  ${fullName}`)
}

async function jest(
  project: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  workers: number
): Promise<Counts> {
  const report = path.join(folder, `${project}.json`)
  const command = ['--selectProjects', project, '--verbose', '--json', '--outputFile', report]
  command.push('--passWithNoTests', '--testTimeout', project === 'unit' ? '30000' : '300000')
  command.push(...(workers === 1 ? ['--runInBand'] : ['--maxWorkers', String(workers)]))
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
    tests: result.testResults.flatMap((file) => file.assertionResults)
  }
}

interface JestReport {
  numPassedTests: number
  numFailedTests: number
  numRuntimeErrorTestSuites: number
  numPendingTests: number
  numTodoTests: number
  testResults: { assertionResults: Test[] }[]
}
