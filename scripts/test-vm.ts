import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ensureCommand } from '../lab/debian.js'
import { isRoot, labHome, PROJECT } from '../lab/home.js'
import { progressOnStderr } from '../lab/progress.js'
import { ensureSample } from '../lab/samples.js'
import { ensureDisk, type Disk } from '../lab/vm/disk.js'
import { makeHere } from '../lab/vm/host-images.js'
import { bootMachine, type Machine } from '../lab/vm/machine.js'
import { virtualMachine } from '../lab/vm/place.js'
import { surprises, type Platforms } from '../lab/vm/platforms.js'
import { failuresIn, makeIn, startsIn } from '../lab/vm/visits.js'
import { openLab, type World } from '../lab/world.js'
import { run } from '../lab/command.js'

// `npm run test:vm`: boots Debian's kernels 6.1, 6.12 and 7.x in virtual machines with an emulated CPU, does the whole job in each,
// and starts each image on each machine. Writes docs/platforms.json and docs/platforms.md. Needs Debian and root, and takes about
// an hour. `npm run test:vm -- 6.12` uses only the kernels of these versions, and writes nothing.

/** Virtual machines that work side by side; the others wait. */
const SIDE_BY_SIDE = Number(process.env['LAB_VMS'] ?? 2)

/** CPUs without AVX-512, by the beginning of the kernel's release; `max` is all that the emulator has. */
const CPUS: readonly [RegExp, string][] = [
  [/^6\.1\./, 'Haswell-v4'],
  [/^6\.12\./, 'Haswell-v4'],
  [/^/, 'max']
]

const wanted = process.argv.slice(2)
const progress = progressOnStderr

if (!isRoot()) throw new Error('npm run test:vm needs root: it makes the disk of the virtual machines.')
const home = labHome()
await ensureCommand('qemu-system-x86_64', ['qemu-system-x86'], progress)
const disk = await ensureDisk(home, progress)
const world = await openLab(progress)
const folder = await mkdtemp(path.join(home, 'vms-'))
try {
  const seen = await visit(world, disk)
  const unexpected = surprises(seen)
  for (const line of unexpected) console.log(`unexpected: ${line}`)
  console.log(`${seen.images.length} images, ${seen.starts.length} starts, ${unexpected.length} unexpected`)
  if (wanted.length === 0) {
    await writeFile(path.join(PROJECT, 'docs/platforms.json'), `${JSON.stringify(seen, undefined, 2)}\n`)
    await run('npm', ['run', 'docs'], { cwd: PROJECT })
  } else console.log(JSON.stringify(seen, undefined, 2))
  process.exitCode = unexpected.length > 0 ? 1 : 0
} finally {
  await world.close()
  await rm(folder, { recursive: true, force: true })
}

async function visit(world: World, disk: Disk): Promise<Platforms> {
  const context = await ensureSample(
    { name: 'plain-java', context: 'target', database: false },
    world,
    progress
  )
  const here = await makeHere(world, context, folder, progress)
  const { registry, inputs } = world
  const kernels = disk.kernels.filter(
    ({ release }) => wanted.length === 0 || wanted.some((version) => release.startsWith(`${version}.`))
  )
  const ports = [new URL(`http://${registry}`), new URL(inputs['github-api-url'] ?? '')].map(({ port }) =>
    Number(port)
  )
  const turn = turns(SIDE_BY_SIDE)
  const machines: Machine[] = []
  try {
    const made = await Promise.all(
      kernels.map(async (kernel) =>
        turn(async () => {
          const cpu = CPUS.find(([release]) => release.test(kernel.release))?.[1] ?? 'max'
          progress(`Booting ${kernel.release} on ${cpu} ...`)
          const machine = await bootMachine({ disk, kernel, cpu, ports, folder })
          machines.push(machine)
          const place = virtualMachine(machine, kernel.release)
          return { place, ...(await makeIn(place, { registry, inputs, context }, progress)) }
        })
      )
    )
    // All images are there before the first one is started elsewhere.
    const images = [...here.images, ...made.map(({ image }) => image)]
    const starts = await startsIn(here.place, images, progress)
    const elsewhere = await Promise.all(
      made.map(async ({ place }) =>
        turn(async () => {
          const there = await startsIn(place, images, progress)
          const failures = await failuresIn(place, registry, here.images[0], progress)
          return { starts: [...there, ...failures.starts], refusals: failures.refusals }
        })
      )
    )
    return {
      date: new Date().toISOString().slice(0, 10),
      hosts: [here.host, ...made.map(({ host }) => host)],
      images: images.map(({ name, on, cpuFeatures, privileges, log }) => ({
        name,
        on,
        cpuFeatures,
        privileges,
        log
      })),
      starts: [...starts, ...elsewhere.flatMap(({ starts }) => starts)],
      refusals: elsewhere.flatMap(({ refusals }) => refusals)
    }
  } finally {
    await Promise.all(machines.map(async (machine) => machine.stop()))
  }
}

/** Returns a function that runs work when fewer than so many others run. */
function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running === most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
