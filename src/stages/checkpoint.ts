import path from 'node:path'
import { type CheckpointEngine, chooseEngine } from '../checkpoint/choose-engine.js'
import { type TakenSnapshot, takeSnapshot } from '../checkpoint/take.js'
import { standardWarmUp, type WarmUp, type WarmUpRequest } from '../checkpoint/warm-up.js'
import { namesOf } from '../run/release.js'
import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { explainMissingSupport } from '../application/missing-support.js'
import type { Readiness } from '../probe/readiness.js'
import { requestOf } from '../probe/request-lines.js'
import { requireSize } from '../proof/budgets.js'
import type { Runner } from '../runner/inspect.js'
import { shownLines } from '../lib/shown-lines.js'
import { readinessOf, type Found } from './application.js'
import { checkpointContainer, containerOf, imagesOf, keepIn, type Run } from './run.js'

/** Finds the CRIU and the privileges that work here. */
export async function chooseCheckpointEngine(run: Run, runner: Runner): Promise<CheckpointEngine> {
  const { inputs, world } = run
  return await run.steps.run('engine', 'Choose what takes the snapshot', async () => {
    const found = await chooseEngine(
      { docker: world.docker, info: (line) => world.log.info(line) },
      {
        run: run.id,
        image: namesOf(run.id).image('checkpoint'),
        engine: inputs.engine,
        criu: inputs.criu,
        privileges: runner.privileges
      }
    )
    if (found.name === 'criu') world.log.info(`Using CRIU ${found.version} (${found.kind}): ${found.why}.`)
    else world.log.info('Using Warp, the engine inside the JVM.')
    return found
  })
}

/** Starts, warms up and freezes the application. */
export async function takeTheSnapshot(
  run: Run,
  found: Found,
  runner: Runner,
  takenBy: CheckpointEngine
): Promise<TakenSnapshot> {
  const { inputs, world } = run
  const readiness = readinessOf(run, found)
  return await run.steps.run('checkpoint', 'Take the snapshot', async () => {
    const taken = await takeSnapshot(
      {
        docker: world.docker,
        clock: world.clock,
        log: { ...world.log, foreign: shownLines(world.log, 'application.log') },
        keep: keepIn(run, 'application.log')
      },
      {
        ...containerOf(run, runner.reach),
        container: checkpointContainer(run),
        image: namesOf(run.id).image('checkpoint'),
        takenBy,
        readiness,
        startupTimeout: inputs.startupTimeout,
        warmUp: await warmUpOf(run, readiness),
        warmupTimeout: inputs.warmupTimeout,
        checkpointTimeout: inputs.checkpointTimeout,
        evidence: run.logs,
        images: imagesOf(run)
      }
    ).catch((error: unknown) => {
      const { libraries } = found
      throw error instanceof OpenResources && libraries ? explainMissingSupport(error, libraries) : error
    })
    const duration = taken.checkpointDuration
    const within = duration === undefined ? '' : `, taken in ${Math.round(duration)} ms`
    world.log.info(`Snapshot: ${taken.size} bytes${within}.`)
    requireSize(inputs.budgets, taken.size)
    return taken
  })
}

async function warmUpOf({ inputs, world }: Run, readiness: Readiness): Promise<WarmUp> {
  const { warmup, warmupScript } = inputs
  const lines: WarmUpRequest[] = []
  for (const line of warmup ?? []) {
    lines.push({ ...line, request: await requestOf(line, world.workspace) })
  }
  if (warmup === undefined && warmupScript === undefined) lines.push(standardWarmUp(readiness, inputs.port))
  const script = warmupScript === undefined ? undefined : path.resolve(world.workspace, warmupScript)
  return { lines, script, environment: world.environment }
}
