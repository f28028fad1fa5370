import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { PROJECT } from '../lab/home.js'
import { offer, startGitHubStandIn } from '../lab/github-api/server.js'
import { openLab } from '../lab/world.js'
import type { Bench, Measurement } from './bench.js'
import { developersJdk } from './developers-jdk.js'
import { scriptWay } from './measurements/a-script-way.js'
import { bareCommands } from './measurements/b-bare-commands.js'
import { restore } from './measurements/c-restore.js'
import { caches } from './measurements/d-caches.js'
import { sizes } from './measurements/e-sizes.js'
import { start } from './measurements/f-start.js'
import { heap } from './measurements/g-heap.js'
import { step } from './measurements/h-step.js'
import { asJson, asMarkdown, machine, type Measured, type Report } from './report.js'

// `npm run bench`: all measurements in the lab, and their report. `-- --only a,f` takes some of them, `--rounds 5` sets
// how often each side has its turn, `--heaps 64,256` the sizes of g and h in MB, `--out FOLDER` where the report goes.
const MEASUREMENTS: Record<string, Measurement> = {
  a: scriptWay,
  b: bareCommands,
  c: restore,
  d: caches,
  e: sizes,
  f: start,
  g: heap,
  h: step
}

const options = readOptions()
const began = performance.now()
const load = loadavg()[0] ?? 0
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`)
const folder = await mkdtemp(path.join(tmpdir(), 'bench-'))
const lab = await openLab(say)
say('packing a JDK of the size of one of a vendor ...')
const jdkArchive = lab.jdkArchive && (await developersJdk(lab.jdkArchive, folder))
const api = jdkArchive === undefined ? undefined : await startGitHubStandIn({ assets: [offer(jdkArchive)] })
// The tool cache of the lab has its JDK under the same version.
const toolCache = path.join(folder, 'tool-cache')
const inputs = { ...lab.inputs, ...(api && { 'github-api-url': api.url }) }
const world = { ...lab, inputs, jdkArchive, toolCache }
try {
  const bench = { world, progress: say, folder, id: randomBytes(4).toString('hex'), heaps: options.heaps }
  const measurements: Measured[] = []
  for (const letter of options.letters) measurements.push(await measure(letter, bench))
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(load),
    parts: world.parts,
    minutes: (performance.now() - began) / 60_000,
    measurements
  }
  await mkdir(options.out, { recursive: true })
  await writeFile(path.join(options.out, 'bench.json'), asJson(report))
  await writeFile(path.join(options.out, 'bench.md'), asMarkdown(report))
  process.stdout.write(asMarkdown(report))
  say(`the report is in ${path.relative(process.cwd(), options.out)}/`)
  process.exitCode = measurements.some(({ error }) => error !== undefined) ? 1 : 0
} finally {
  await api?.close()
  await world.close()
  await rm(folder, { recursive: true, force: true })
}

/** One measurement that fails does not take the figures of the others with it. */
async function measure(letter: string, common: Omit<Bench, 'rounds'>): Promise<Measured> {
  const { title, conditions, run } = MEASUREMENTS[letter] as Measurement
  say(`${letter}: ${title} ...`)
  let rounds = 0
  const from = performance.now()
  const bench: Bench = { ...common, rounds: (own) => (rounds = options.rounds ?? own) }
  const seconds = (): number => Math.round((performance.now() - from) / 1000)
  try {
    const finding = await run(bench)
    say(`${letter}: done in ${seconds()} s`)
    return { letter, title, conditions, ...finding, rounds, seconds: seconds() }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    say(`${letter}: failed: ${words}`)
    return { letter, title, conditions, rows: [], targets: [], rounds, seconds: seconds(), error: words }
  }
}

function readOptions(): { letters: string[]; rounds: number | undefined; heaps: number[]; out: string } {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      heaps: { type: 'string', default: '64,1024,2048' },
      out: { type: 'string', default: path.join(PROJECT, 'bench/report') }
    }
  })
  const letters = values.only?.split(',') ?? Object.keys(MEASUREMENTS)
  const unknown = letters.filter((letter) => !(letter in MEASUREMENTS))
  if (unknown.length > 0)
    throw new Error(
      `There is no measurement ${unknown.join(', ')}; there are ${Object.keys(MEASUREMENTS).join(', ')}.`
    )
  const counts = (text: string): number[] => {
    const numbers = text.split(',').map(Number)
    if (numbers.some((number) => !Number.isInteger(number) || number < 1))
      throw new Error(`${text}: whole numbers from 1 on are wanted.`)
    return numbers
  }
  const rounds = values.rounds === undefined ? undefined : counts(values.rounds)[0]
  return { letters, rounds, heaps: counts(values.heaps), out: path.resolve(values.out) }
}
