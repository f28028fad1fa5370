import { statfs } from 'node:fs/promises'
import { labHome } from '../../lab/home.js'
import { type ActionRun, LEAST_PROOF, pushedBytes, runAction } from '../action.js'
import type { Measurement, Row } from '../bench.js'
import { heapApplication, heapInputs } from '../heap-application.js'
import { HOW_TRANSFERRED, type Transferred } from '../io.js'

/** What a run needs on the disk, in sizes of its heap: snapshot, commit, image, packed layer, and the registry's. */
const SPACE = 6

export const step: Measurement = {
  title: 'growth of the whole step with the size of the heap',
  conditions: [
    'bench/applications/Heap.java keeps so many MB of random bytes on its heap, which cannot be packed; the action pushes its image.',
    "Memory is the peak of the action's own process, without the docker clients that it starts.",
    HOW_TRANSFERRED,
    'Passes over the snapshot are the bytes divided by the size of the snapshot.'
  ],
  run: async (bench) => {
    const context = await heapApplication(bench)
    const tag = `${bench.world.registry}/bench/heap:${bench.id}`
    const runs = new Map<number, ActionRun[]>()
    const notes: string[] = []
    const rounds = bench.rounds(1)
    for (let round = 0; round < rounds; round++) {
      for (const megabytes of bench.heaps) {
        const { bavail, bsize } = await statfs(labHome())
        if (bavail * bsize < megabytes * 1024 * 1024 * SPACE) {
          notes.push(`Not measured: ${megabytes} MB, for want of ${SPACE} times as much space on the disk.`)
          continue
        }
        bench.progress(`g: ${megabytes} MB`)
        const run = await runAction(bench, tag, { ...LEAST_PROOF, context, ...heapInputs(megabytes, 0) })
        runs.set(megabytes, [...(runs.get(megabytes) ?? []), run])
      }
    }
    return { rows: [...runs].flatMap(([megabytes, all]) => rowsOf(megabytes, all)), targets: [], notes }
  }
}

function rowsOf(megabytes: number, runs: ActionRun[]): Row[] {
  const row = (name: string, unit: Row['unit'], figure: (run: ActionRun) => number): Row => ({
    name: `${megabytes} MB: ${name}`,
    unit,
    values: runs.map(figure)
  })
  const phase = (name: string): Row =>
    row(
      `phase ${name}`,
      'ms',
      ({ metadata }) => metadata.phases.find((phase) => phase.name === name)?.milliseconds ?? NaN
    )
  const transfers = (who: 'engine' | 'action'): Row[] =>
    runs.every(({ transferred }) => transferred)
      ? (['read', 'written'] as const).map((way: keyof Transferred) =>
          row(`${way} by the ${who}`, 'bytes', ({ transferred }) => transferred?.[who][way] ?? NaN)
        )
      : []
  return [
    row('checkpoint duration', 'ms', ({ metadata }) => metadata.snapshot.checkpointDuration),
    row('restore time', 'ms', ({ metadata }) => metadata.proof.restoreTime),
    row('cold start', 'ms', ({ metadata }) => metadata.proof.coldStart),
    phase('build-runtime'),
    phase('read-out'),
    phase('push'),
    row('the whole step', 'ms', ({ milliseconds }) => milliseconds),
    row('snapshot', 'bytes', ({ metadata }) => metadata.snapshot.size),
    row('image, packed', 'bytes', (run) => pushedBytes(run).all),
    ...transfers('engine'),
    ...transfers('action'),
    row("memory of the action's process", 'bytes', ({ peakMemory }) => peakMemory)
  ]
}
