import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { attempt } from '../lab/command.js'
import { runStep } from '../lab/runner.js'
import type { Bench } from './bench.js'
import { difference, engineTransfers, ownTransfers, type Transferred } from './io.js'

/**
 * Inputs with which the action times one restore and one cold start, and not as many as its report wants. There is no archive of classes,
 * as what the action is compared with makes none.
 */
export const LEAST_PROOF = { 'verify-runs': '1', archive: 'off' }

export interface ActionRun {
  /** From the start of the step's process to its end, without the post step. */
  milliseconds: number
  /** Most memory that the step's process had at a time, in bytes; without the docker clients that it starts. */
  peakMemory: number
  imageId: string
  /** What the engine and the action have read and written; undefined where the lab did not start the engine. */
  transferred: { engine: Transferred; action: Transferred } | undefined
  metadata: Metadata
}

/** What of the output `metadata` the measurements use. */
export interface Metadata {
  image: { layers: { createdBy: string; rawSize: number; size?: number; sent?: boolean }[] }
  snapshot: {
    size: number
    checkpointDuration: number
    startDuration: number
    content: { restore: { mapped: number; loadedBecause: string | null } } | null
  }
  proof: { restoreTime: number; coldStart: number }
  phases: { name: string; milliseconds: number }[]
}

export interface ActionOptions {
  environment?: NodeJS.ProcessEnv
  toolCache?: string
  /** Folder of another build of the action. */
  action?: string
  /** Leave the image in the engine. */
  keep?: boolean
}

/** Runs the action on the sample application, pushing to a tag; an error if it fails. */
export async function runAction(
  { world }: Bench,
  tag: string,
  inputs: Record<string, string> = {},
  options: ActionOptions = {}
): Promise<ActionRun> {
  const environment = options.environment ?? world.environment
  let begin = 0
  let milliseconds = 0
  const memory = watchMemory()
  const before = { engine: engineTransfers(), action: ownTransfers() }
  let transferred: ActionRun['transferred']
  const step = await runStep({
    inputs: { ...world.inputs, context: world.context, tags: tag, push: 'true', ...inputs },
    environment,
    workspace: tmpdir(),
    toolCache: options.toolCache ?? world.toolCache,
    ...(options.action === undefined ? {} : { action: options.action }),
    onStart: (pid) => {
      begin = performance.now()
      memory.start(pid)
    },
    between: () => {
      milliseconds = performance.now() - begin
      const engine = engineTransfers()
      if (before.engine && engine)
        transferred = {
          engine: difference(before.engine, engine),
          action: difference(before.action, ownTransfers())
        }
      return Promise.resolve()
    }
  })
  const peakMemory = memory.stop()
  if (step.exitCode !== 0) throw new Error(`the action failed:\n${step.log.slice(-4000)}`)
  const imageId = step.outputs['imageid'] ?? ''
  if (!options.keep && imageId !== '')
    await attempt('docker', ['image', 'rm', '--force', imageId], { env: environment })
  const metadata = JSON.parse(step.outputs['metadata'] ?? '{}') as Metadata
  return { milliseconds, peakMemory, imageId, metadata, transferred }
}

/** Bytes of the image's layers in the registry: all, and those that had to be sent. */
export function pushedBytes({ metadata }: { metadata: Pick<Metadata, 'image'> }): {
  all: number
  sent: number
} {
  const sum = (layers: Metadata['image']['layers']): number =>
    layers.reduce((bytes, { size = 0 }) => bytes + size, 0)
  const { layers } = metadata.image
  return { all: sum(layers), sent: sum(layers.filter(({ sent }) => sent)) }
}

// The kernel keeps the peak itself (VmHWM): it has to be read often only because nobody knows when the end comes.
function watchMemory(): { start: (pid: number) => void; stop: () => number } {
  let peak = 0
  let timer: NodeJS.Timeout | undefined
  return {
    start: (pid) => {
      timer = setInterval(() => {
        try {
          const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
          peak = Math.max(peak, Number(kilobytes ?? 0) * 1024)
        } catch {
          clearInterval(timer)
        }
      }, 50)
    },
    stop: () => {
      clearInterval(timer)
      return peak
    }
  }
}
