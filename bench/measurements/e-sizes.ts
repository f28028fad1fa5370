import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { attempt, run } from '../../lab/command.js'
import { type ActionRun, LEAST_PROOF, pushedBytes, runAction } from '../action.js'
import type { Bench, Measurement, Row } from '../bench.js'
import { DEVELOPERS_JDK } from '../developers-jdk.js'
import { heapApplication, heapInputs } from '../heap-application.js'
import { byTurns, timed } from '../rounds.js'
import { actionWithout } from '../variant.js'

const LEVELS = [1, 3, 4, 5, 6, 9]
const GARBAGE = 600

export const sizes: Measurement = {
  title: 'sizes, with and without each measure that makes them smaller',
  conditions: [
    `Garbage collection before the checkpoint: an application that has dropped ${GARBAGE} MB; without it docker/checkpoint/trigger.sh does not ask for \`GC.run\`.`,
    'The removal of what only developers need from the JDK: without it dist/index.cjs lacks the names of what is left out.',
    DEVELOPERS_JDK,
    'Layers used again: the first push of the sample to a repository of its own, and the push after one more file in its resources.',
    'gzip: the snapshot of the sample as a layer (a tar archive), by the zlib of Node; the action packs with level 5.'
  ],
  run: async (bench) => {
    const repository = `${bench.world.registry}/bench/sizes-${bench.id}`
    const first = await runAction(bench, `${repository}:crac`, LEAST_PROOF, { keep: true })
    const levels = await gzipRows(bench, first)
    await attempt('docker', ['image', 'rm', '--force', first.imageId], { env: bench.world.environment })
    const context = await changedContext(bench)
    const rebuilt = await runAction(bench, `${repository}:crac`, { ...LEAST_PROOF, context })
    return {
      rows: [
        bytes('first push: sent', [pushedBytes(first).sent]),
        bytes('rebuild after a change: sent', [pushedBytes(rebuilt).sent]),
        bytes('all layers of the sample, packed', [pushedBytes(first).all]),
        bytes('its snapshot', [first.metadata.snapshot.size]),
        ...(await withAndWithout(bench, 'the removal', {
          file: 'dist/index.cjs',
          what: /(?<=\(\?:)jmods\|[^$]*?src\\\.zip(?=\))/,
          inputs: { distribution: 'file', 'jdk-file': bench.world.jdkArchive ?? '' },
          figures: (run) => ({
            'the layer of the JDK, packed': layerOf(run, '/trees/jdk/')?.size ?? NaN,
            'the layer of the JDK': layerOf(run, '/trees/jdk/')?.rawSize ?? NaN
          })
        })),
        ...(await withAndWithout(bench, 'garbage collection', {
          file: 'docker/checkpoint/trigger.sh',
          what: /GC\.run\n/,
          inputs: { context: await heapApplication(bench), ...heapInputs(8, GARBAGE) },
          figures: (run) => ({
            'the snapshot': run.metadata.snapshot.size,
            'the layer of the snapshot, packed': layerOf(run, 'snapshot')?.size ?? NaN
          })
        })),
        ...levels
      ],
      targets: []
    }
  }
}

interface Variant {
  /** A file of the action, and what in it is the measure. */
  file: string
  what: RegExp
  inputs: Record<string, string>
  figures: (run: ActionRun) => Record<string, number>
}

async function withAndWithout(bench: Bench, measure: string, variant: Variant): Promise<Row[]> {
  const tag = `${bench.world.registry}/bench/sizes:${bench.id}`
  const action = await actionWithout(path.join(bench.folder, measure), variant.file, variant.what)
  const inputs = { ...LEAST_PROOF, ...variant.inputs }
  const runs = await byTurns(bench.rounds(1), {
    with: () => runAction(bench, tag, inputs),
    without: () => runAction(bench, tag, inputs, { action })
  })
  return (['with', 'without'] as const).flatMap((side) => {
    const figures = runs[side].map(variant.figures)
    return Object.keys(figures[0] ?? {}).map((name) =>
      bytes(
        `${name}, ${side} ${measure}`,
        figures.map((one) => one[name] ?? NaN)
      )
    )
  })
}

function layerOf({ metadata }: ActionRun, part: string): { rawSize: number; size?: number } | undefined {
  return metadata.image.layers.find(({ createdBy }) => createdBy.includes(part))
}

/** The sample application with one more file. */
async function changedContext({ world, folder }: Bench): Promise<string> {
  const context = path.join(folder, 'changed')
  await cp(world.context, context, { recursive: true })
  await writeFile(path.join(context, 'layers/resources/changed.txt'), new Date().toISOString())
  return context
}

async function gzipRows(bench: Bench, { imageId }: ActionRun): Promise<Row[]> {
  const archive = path.join(bench.folder, 'snapshot.tar')
  await copySnapshot(bench, imageId, archive)
  const packed = path.join(bench.folder, 'snapshot.tar.gz')
  const rows: Row[] = []
  for (const level of LEVELS) {
    let size = 0
    const gzip = createGzip({ level, chunkSize: 256 * 1024 })
    gzip.on('data', (piece: Buffer) => (size += piece.length))
    const time = await timed(() => pipeline(createReadStream(archive), gzip, createWriteStream(packed)))
    rows.push(bytes(`gzip -${level}`, [size]), { name: `gzip -${level}, time`, unit: 'ms', values: [time] })
  }
  return rows
}

async function copySnapshot({ world, id }: Bench, image: string, archive: string): Promise<void> {
  const env = world.environment
  const name = `bench-${id}-snapshot`
  await run('docker', ['create', '--name', name, image], { env })
  try {
    const copy = spawn('docker', ['cp', `${name}:/opt/crac-checkpoint/snapshot`, '-'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    await pipeline(copy.stdout, createWriteStream(archive))
  } finally {
    await attempt('docker', ['rm', '--force', name], { env })
  }
}

function bytes(name: string, values: number[]): Row {
  return { name, unit: 'bytes', values }
}
