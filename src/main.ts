import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { takeSnapshot } from './checkpoint/take.js'
import { namesOf, removeContainers, removeFolder, removeImages } from './cleanup.js'
import type { Clock } from './clock.js'
import type { Engine } from './engine/docker.js'
import { DECLARED_FLAGS } from './engine/privileges.js'
import { findApplication } from './image/application.js'
import { assembleBuildContext } from './image/build-context.js'
import { buildImage } from './image/build.js'
import { runtimeLabels } from './image/labels.js'
import type { Inputs } from './inputs.js'
import { jdkFromFile } from './jdk/file.js'
import { jdkSource, type SourceWorld } from './jdk/source.js'
import { keeping, logProgress, type Log } from './log.js'
import type { Result } from './outputs.js'
import type { Patience } from './net/fetch.js'
import { Phases } from './phases.js'
import { pushImage, tagImage } from './registry/push.js'
import { proveRestore } from './restore/prove.js'
import { inspectRunner } from './runner/inspect.js'

/** Everything outside the program that a run touches. */
export interface World extends Pick<
  SourceWorld,
  'azulApiUrl' | 'bellsoftApiUrl' | 'toolCache' | 'knownDigests'
> {
  engine: Engine
  clock: Clock
  log: Log
  platform: NodeJS.Platform
  patience: Patience
  /** The project's `docker/` folder, as shipped with the action. */
  dockerFolder: string
  /** Folder that relative paths start from. */
  workspace: string
  /** The run's own folder; `work` in it is gone afterwards, `logs` stays until the post step. */
  runFolder: string
}

/** The whole job, from the inputs to the pushed digest. */
export async function run(id: string, inputs: Inputs, world: World): Promise<Result> {
  const { engine, clock, log } = world
  const names = namesOf(id)
  const phases = new Phases(clock, log)
  const work = path.join(world.runFolder, 'work')
  const logs = path.join(world.runFolder, 'logs')
  await mkdir(work, { recursive: true })
  await mkdir(logs, { recursive: true })
  const logTo = (file: string): Log => keeping(log, path.join(logs, file))

  try {
    const runner = await phases.run('inspect', 'Inspect the runner', async () => {
      const found = await inspectRunner(engine, world.platform)
      log.info(`Docker ${found.engineVersion} on ${found.architecture}, kernel ${found.kernel}.`)
      return found
    })

    const application = await phases.run('application', 'Find the application', async () => {
      const found = await findApplication(path.resolve(world.workspace, inputs.context), inputs.application)
      log.info(`Found: ${found.description}.`)
      return found
    })

    const jdk = await phases.run('jdk', 'Resolve the JDK', async () => {
      const { distribution, jdkSha256 } = inputs
      if (distribution === 'file') {
        const file = path.resolve(world.workspace, inputs.jdkFile ?? '')
        return await jdkFromFile(file, runner.architecture, jdkSha256, (line) => log.warning(line))
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
      const asset = await source.resolve(distribution, inputs.javaVersion, runner.architecture)
      return await source.install(asset, {
        jdkSha256,
        temporaryFolder: work,
        progress: logProgress(log, clock)
      })
    })

    const context = path.join(work, 'context')
    const buildArgs = {
      BASE_IMAGE: inputs.baseImage,
      UID: String(inputs.user.uid),
      GID: String(inputs.user.gid)
    }
    await phases.run('build-checkpoint', 'Build the checkpoint image', async () => {
      await assembleBuildContext(context, {
        dockerFolder: world.dockerFolder,
        jdkArchive: jdk.file,
        application,
        javaOptions: inputs.javaOptions,
        arguments: inputs.arguments,
        cpuFeatures: inputs.cpuFeatures
      })
      const build = {
        context,
        target: 'checkpoint',
        name: names.image('checkpoint'),
        buildArgs,
        labels: {}
      } as const
      await buildImage(engine, build, (line) => logTo('build-checkpoint.log').foreign(line))
    })

    const container = `${names.container}-checkpoint`
    const snapshot = await phases.run('checkpoint', 'Take the snapshot', async () => {
      const taken = await takeSnapshot(
        { engine, clock, log: logTo('application.log') },
        { ...inputs, run: id, container, image: names.image('checkpoint'), evidence: logs }
      )
      log.info(`Snapshot: ${taken.size} bytes, taken in ${Math.round(taken.checkpointDuration)} ms.`)
      return taken
    })

    const imageId = await phases.run('build-runtime', 'Build the runtime image', async () => {
      // Committed only to be copied from: the image that is pushed has nothing else of this container.
      await engine.run(['commit', container, names.image('snapshot')])
      return await buildImage(
        engine,
        {
          context,
          target: 'runtime',
          name: names.image('runtime'),
          buildArgs: {
            ...buildArgs,
            SNAPSHOT_IMAGE: names.image('snapshot'),
            ON_RESTORE_FAILURE: inputs.onRestoreFailure,
            PORT: String(inputs.port)
          },
          labels: {
            ...inputs.labels,
            ...runtimeLabels({
              restoreFlags: DECLARED_FLAGS,
              jdkAsset: jdk.asset.name,
              jdkSha256: jdk.sha256,
              criuVersion: snapshot.criuVersion ?? 'unknown',
              cpuFeatures: inputs.cpuFeatures,
              kernel: runner.kernel
            })
          }
        },
        (line) => logTo('build-runtime.log').foreign(line)
      )
    })

    const proof = await phases.run('prove', 'Prove the restore', async () => {
      const found = await proveRestore(
        { engine, clock },
        {
          ...inputs,
          run: id,
          container: names.container,
          image: imageId,
          seccompProfile: path.join(world.dockerFolder, 'seccomp.json')
        }
      )
      log.info(
        `Restored in ${Math.round(found.restoreTime)} ms; a cold start takes ${Math.round(found.coldStart)} ms.`
      )
      return found
    })

    const digest = await phases.run('push', inputs.push ? 'Push' : 'Tag', async () => {
      const tagged = await tagImage(engine, imageId, inputs.tags)
      if (!inputs.push) {
        log.info('`push` is false: nothing is pushed.')
        return undefined
      }
      try {
        const pushed = await pushImage(engine, inputs.tags, (line) => log.foreign(line))
        return pushed.digest
      } catch (error) {
        await tagged.undo()
        throw error
      }
    })

    return {
      runner,
      jdk,
      application: application.description,
      baseImage: inputs.baseImage,
      snapshot,
      proof,
      imageId,
      tags: inputs.tags.map((tag) => tag.text),
      digest,
      restoreFlags: DECLARED_FLAGS,
      logs,
      phases: phases.done
    }
  } finally {
    // The runtime image keeps its temporary name until the post step: without tags it has no other.
    const left = [
      ...(await removeContainers(engine, names)),
      ...(await removeImages(engine, names, ['checkpoint', 'snapshot'])),
      ...(await removeFolder(work))
    ]
    for (const problem of left) log.warning(`Something of this run may be left behind: ${problem}`)
  }
}
