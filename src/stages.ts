import path from 'node:path'
import { chooseEngine, engineName, type CheckpointEngine } from './checkpoint/engine.js'
import { takeSnapshot, type TakenSnapshot } from './checkpoint/take.js'
import { standardWarmUp, type WarmUp, type WarmUpRequest } from './checkpoint/warm-up.js'
import { namesOf } from './cleanup.js'
import type { Clock } from './clock.js'
import { wantsPrivileges } from './diagnosis/wants-privileges.js'
import type { Reach } from './engine/containers.js'
import type { Engine } from './engine/docker.js'
import { declaredFlags, type Privileges } from './engine/privileges.js'
import { Failure } from './errors.js'
import { findApplication } from './image/application.js'
import { assembleBuildContext } from './image/build-context.js'
import { buildImage, type ImageBuild } from './image/build.js'
import { coldLabels, runtimeLabels } from './image/labels.js'
import type { Application } from './image/layouts/layout.js'
import type { Inputs } from './inputs.js'
import type { Architecture } from './jdk/asset.js'
import { jdkFromFile } from './jdk/file.js'
import type { JdkArchive } from './jdk/install.js'
import { jdkSource, type SourceWorld } from './jdk/source.js'
import { keeping, logProgress, type Log } from './log.js'
import type { Patience } from './net/fetch.js'
import type { Phases } from './phases.js'
import { requestOf } from './probe/request-lines.js'
import { pushImage, tagImage } from './registry/push.js'
import { proveRestore, timeColdStart, type Proof, type ProofRequest } from './restore/prove.js'
import { inspectRunner, type Runner } from './runner/inspect.js'
import type { Milliseconds } from './values.js'

/** Everything outside the program that a run touches. */
export interface World extends Pick<
  SourceWorld,
  'azulApiUrl' | 'bellsoftApiUrl' | 'toolCache' | 'knownDigests'
> {
  engine: Engine
  clock: Clock
  log: Log
  platform: NodeJS.Platform
  /** Of this machine. */
  hostname: string
  patience: Patience
  /** The project's `docker/` folder, as shipped with the action. */
  dockerFolder: string
  /** Folder that relative paths start from. */
  workspace: string
  /** The step's environment, for the program that warms up. */
  environment: NodeJS.ProcessEnv
  /** The run's own folder; `work` in it is gone afterwards, `logs` stays until the post step. */
  runFolder: string
}

/** A run under way: what its stages share. */
export interface Run {
  id: string
  inputs: Inputs
  world: World
  phases: Phases
  /** Folder for files of the run, and that for its logs. */
  work: string
  logs: string
}

/** An image that may be tagged and pushed, and how it was shown to work. */
export interface Restoring {
  imageId: string
  proof: Proof
  /** The rung that it needs; undefined where it needs none. */
  privileges: Privileges | undefined
}

export async function inspect({ id, inputs, world, phases }: Run): Promise<Runner> {
  const { engine, log } = world
  return await phases.run('inspect', 'Inspect the runner', async () => {
    const found = await inspectRunner(
      { engine, platform: world.platform, hostname: world.hostname, onLine: (line) => log.foreign(line) },
      {
        run: id,
        baseImage: inputs.baseImage,
        privileges: inputs.privileges,
        criu: inputs.criu,
        warp: inputs.engine === 'warp'
      }
    )
    log.info(`Docker ${found.version} on ${found.architecture}, kernel ${found.kernel}.`)
    for (const { rung, reason } of found.refused) log.info(`Privileges ${rung} are not to be had: ${reason}`)
    return found
  })
}

export async function application({ inputs, world, phases, work }: Run): Promise<Application> {
  return await phases.run('application', 'Find the application', async () => {
    const found = await findApplication({
      context: path.resolve(world.workspace, inputs.context),
      application: inputs.application,
      mainClass: inputs.mainClass,
      scratch: path.join(work, 'application')
    })
    world.log.info(`Found: ${found.description}.`)
    return found
  })
}

export async function jdk(
  { inputs, world, phases, work }: Run,
  architecture: Architecture
): Promise<JdkArchive> {
  const { log, clock } = world
  return await phases.run('jdk', 'Resolve the JDK', async () => {
    const { distribution, jdkSha256 } = inputs
    if (distribution === 'file') {
      const file = path.resolve(world.workspace, inputs.jdkFile ?? '')
      return await jdkFromFile(file, architecture, jdkSha256, (line) => log.warning(line))
    }
    const source = jdkSource(
      {
        ...world,
        githubApiUrl: inputs.githubApiUrl,
        githubToken: inputs.githubToken,
        info: (line) => log.info(line),
        warning: (line) => log.warning(line)
      },
      world.patience
    )
    const asset = await source.resolve(distribution, inputs.javaVersion, architecture)
    return await source.install(asset, {
      jdkSha256,
      temporaryFolder: work,
      progress: logProgress(log, clock)
    })
  })
}

/** Lays out what the Dockerfile copies, in a folder that is returned. */
export async function context(
  { id, inputs, world, work }: Run,
  found: Application,
  archive: JdkArchive
): Promise<string> {
  // BuildKit remembers contexts by the last part of their path, and takes a file of the same path, size and time for the
  // one that it has: a class that was changed would not be in the image. So no two runs may have the same name.
  const folder = path.join(work, 'context', id)
  await assembleBuildContext(folder, {
    dockerFolder: world.dockerFolder,
    jdkArchive: archive.file,
    application: found,
    javaOptions: inputs.javaOptions,
    arguments: inputs.arguments,
    cpuFeatures: inputs.cpuFeatures
  })
  return folder
}

async function build(
  run: Run,
  folder: string,
  target: ImageBuild['target'],
  buildArgs: Record<string, string>,
  labels: Record<string, string>
): Promise<string> {
  const { inputs } = run
  const log = logTo(run, `build-${target}.log`)
  return await buildImage(
    run.world.engine,
    {
      context: folder,
      target,
      name: namesOf(run.id).image(target === 'cold' ? 'runtime' : target),
      buildArgs: {
        BASE_IMAGE: inputs.baseImage,
        UID: String(inputs.user.uid),
        GID: String(inputs.user.gid),
        ENGINE: inputs.engine,
        ...buildArgs
      },
      labels
    },
    (line) => log.foreign(line)
  )
}

export async function buildCheckpoint(run: Run, folder: string): Promise<void> {
  await run.phases.run('build-checkpoint', 'Build the checkpoint image', () =>
    build(run, folder, 'checkpoint', {}, {})
  )
}

export async function chooseCheckpointEngine(run: Run, runner: Runner): Promise<CheckpointEngine> {
  const { inputs, world } = run
  return await run.phases.run('engine', 'Choose what takes the snapshot', async () => {
    const found = await chooseEngine(
      { engine: world.engine, info: (line) => world.log.info(line) },
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

export async function takeTheSnapshot(
  run: Run,
  runner: Runner,
  takenBy: CheckpointEngine
): Promise<TakenSnapshot> {
  const { inputs, world } = run
  return await run.phases.run('checkpoint', 'Take the snapshot', async () => {
    const taken = await takeSnapshot(
      { engine: world.engine, clock: world.clock, log: logTo(run, 'application.log') },
      {
        ...containerOf(run, runner.reach),
        container: checkpointContainer(run),
        image: namesOf(run.id).image('checkpoint'),
        takenBy,
        readiness: inputs.readiness,
        startupTimeout: inputs.startupTimeout,
        warmUp: await warmUpOf(run),
        warmupTimeout: inputs.warmupTimeout,
        checkpointTimeout: inputs.checkpointTimeout,
        evidence: run.logs
      }
    )
    world.log.info(`Snapshot: ${taken.size} bytes, taken in ${Math.round(taken.checkpointDuration)} ms.`)
    return taken
  })
}

async function warmUpOf({ inputs, world }: Run): Promise<WarmUp> {
  const { warmup, warmupScript, readiness } = inputs
  const lines: WarmUpRequest[] = []
  for (const line of warmup ?? []) {
    lines.push({ ...line, request: await requestOf(line, world.workspace) })
  }
  if (warmup === undefined && warmupScript === undefined)
    lines.push(standardWarmUp(readiness.url, inputs.port))
  const script = warmupScript === undefined ? undefined : path.resolve(world.workspace, warmupScript)
  return { lines, script, environment: world.environment }
}

/** Builds the image that restores, and proves it: with the least privileges, or a rung up if that is the way. */
export async function buildRestoring(
  run: Run,
  folder: string,
  parts: { runner: Runner; archive: JdkArchive; takenBy: CheckpointEngine; snapshot: TakenSnapshot }
): Promise<Restoring> {
  const { takenBy } = parts
  const rungs = takenBy.name === 'criu' ? takenBy.privileges : [undefined]
  for (const [index, privileges] of rungs.entries()) {
    const imageId = await buildRuntime(run, folder, { ...parts, privileges })
    try {
      return { imageId, privileges, proof: await prove(run, parts.runner, imageId, privileges) }
    } catch (error) {
      const last = index === rungs.length - 1
      if (last || !(error instanceof Failure) || !wantsPrivileges(error.signature)) throw error
      run.world.log.info(`Leaving the privileges ${privileges?.rung}: ${error.message}`)
    }
  }
  throw new Error('there is no rung of privileges to try')
}

async function buildRuntime(
  run: Run,
  folder: string,
  parts: {
    runner: Runner
    archive: JdkArchive
    takenBy: CheckpointEngine
    snapshot: TakenSnapshot
    privileges: Privileges | undefined
  }
): Promise<string> {
  const { inputs, world } = run
  const { archive, snapshot, takenBy, privileges } = parts
  const names = namesOf(run.id)
  return await run.phases.run('build-runtime', 'Build the runtime image', async () => {
    // Committed only to be copied from: the image that is pushed has nothing else of this container.
    await world.engine.run(['commit', checkpointContainer(run), names.image('snapshot')])
    return await build(
      run,
      folder,
      'runtime',
      {
        SNAPSHOT_IMAGE: names.image('snapshot'),
        ON_RESTORE_FAILURE: inputs.onRestoreFailure,
        PORT: String(inputs.port),
        TAKEN_BY: engineName(takenBy, privileges)
      },
      {
        ...inputs.labels,
        ...runtimeLabels({
          restoreFlags: flagsOf(privileges),
          jdkAsset: archive.asset.name,
          jdkSha256: archive.sha256,
          criuVersion: snapshot.criuVersion ?? 'none',
          cpuFeatures: inputs.cpuFeatures,
          kernel: parts.runner.kernel
        })
      }
    )
  })
}

async function prove(
  run: Run,
  runner: Runner,
  imageId: string,
  privileges: Privileges | undefined
): Promise<Proof> {
  const { engine, clock, log } = run.world
  return await run.phases.run('prove', 'Prove the restore', async () => {
    const found = await proveRestore({ engine, clock }, proofOf(run, runner.reach, imageId, privileges))
    log.info(
      `Restored in ${Math.round(found.restoreTime)} ms; a cold start takes ${Math.round(found.coldStart)} ms.`
    )
    return found
  })
}

/** The image without a snapshot, and how long its start takes. */
export async function buildCold(
  run: Run,
  folder: string,
  parts: { archive: JdkArchive; reach: Reach; reason: string }
): Promise<{ imageId: string; coldStart: Milliseconds }> {
  const { inputs, world } = run
  const { archive } = parts
  const imageId = await run.phases.run('build-cold', 'Build the image without a snapshot', () =>
    build(
      run,
      folder,
      'cold',
      { PORT: String(inputs.port) },
      {
        ...inputs.labels,
        ...coldLabels({ jdkAsset: archive.asset.name, jdkSha256: archive.sha256, reason: parts.reason })
      }
    )
  )
  const coldStart = await run.phases.run('prove', 'Start the image', () =>
    timeColdStart(world, proofOf(run, parts.reach, imageId, undefined))
  )
  return { imageId, coldStart }
}

/** Gives the image its tags; the digest, if it is pushed. */
export async function publish(run: Run, imageId: string): Promise<string | undefined> {
  const { inputs, world } = run
  const { engine, log } = world
  return await run.phases.run('push', inputs.push ? 'Push' : 'Tag', async () => {
    const tagged = await tagImage(engine, imageId, inputs.tags)
    if (!inputs.push) {
      log.info('`push` is false: nothing is pushed.')
      return undefined
    }
    try {
      const pushed = await pushImage(engine, inputs.tags, inputs.pushTimeout, (line) => log.foreign(line))
      return pushed.digest
    } catch (error) {
      await tagged.undo()
      throw error
    }
  })
}

/** The `docker run` flags that an image declares. */
export function flagsOf(privileges: Privileges | undefined): string {
  return privileges === undefined ? '' : declaredFlags(privileges)
}

export function checkpointContainer(run: Run): string {
  return `${namesOf(run.id).container}-checkpoint`
}

function containerOf(
  run: Run,
  reach: Reach
): Pick<ProofRequest, 'run' | 'env' | 'port' | 'reach' | 'network' | 'addHosts'> {
  const { env, port, network, addHosts } = run.inputs
  return { run: run.id, env, port, reach, network, addHosts }
}

function proofOf(run: Run, reach: Reach, image: string, privileges: Privileges | undefined): ProofRequest {
  const { inputs, world } = run
  return {
    ...containerOf(run, reach),
    container: namesOf(run.id).container,
    image,
    flags: privileges?.restore(path.join(world.dockerFolder, 'seccomp.json')) ?? [],
    readiness: inputs.readiness,
    startupTimeout: inputs.startupTimeout,
    restoreTimeout: inputs.restoreTimeout,
    logs: run.logs
  }
}

function logTo({ world, logs }: Run, file: string): Log {
  return keeping(world.log, path.join(logs, file))
}
