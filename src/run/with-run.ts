import path from 'node:path'
import type { Docker } from '../docker/docker.js'
import type { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { cancellationBy } from './cancellation.js'
import { RUN_FOLDER } from './release.js'
import { newRunId } from './run-id.js'
import { realWorld, type World } from './world.js'

/** A run as its entry points see it. */
export interface RunHandle {
  id: string
  /** Folder of the run; nothing has made it yet. */
  folder: string
  /** Aborted when the run is cancelled. */
  cancelled: AbortSignal
  /** Returns whether Docker has ever responded to the run. */
  usedDocker: () => boolean
}

/** What an entry point does with a run: the action's step, or the command line. */
export interface Entry<T> {
  log: Log
  /** Folder for the folders of runs. */
  temp: string
  /** Called before anything is made. */
  begin: (run: RunHandle) => void
  /** Returns the folder of the tool cache and the folder that relative paths start from. */
  folders: () => Pick<World, 'toolCache' | 'workspace'>
  work: (run: RunHandle, world: World) => Promise<T>
  succeeded: (result: T, run: RunHandle) => Promise<void>
  /** Called with what the error means: after a cancellation, that the run was cancelled. */
  failed: (failure: Failure, error: unknown, run: RunHandle) => Promise<void>
}

/** Runs the work of an entry point with an id, a folder and the real world; ends the process if the run was cancelled. */
export async function withRun<T>(entry: Entry<T>): Promise<void> {
  const cancellation = cancellationBy(process)
  const id = await newRunId()
  const folder = path.join(entry.temp, `${RUN_FOLDER}${id}`)
  let docker: Docker | undefined
  const usedDocker = (): boolean => docker?.hasAnswered() ?? false
  const run: RunHandle = { id, folder, cancelled: cancellation.signal, usedDocker }
  entry.begin(run)
  try {
    const { log, folders } = entry
    const given = { log, ...folders(), runFolder: folder, cancelled: cancellation.signal }
    const world = realWorld(id, process.env, given)
    docker = world.docker
    await entry.succeeded(await cancellation.bounded(entry.work(run, world)), run)
  } catch (error) {
    await entry.failed(cancellation.failureOf(error), error, run)
    // Something may still wait for a response that nobody needs any more.
    const exitCode = cancellation.exitCode()
    if (exitCode !== undefined) process.exit(exitCode)
  }
}
