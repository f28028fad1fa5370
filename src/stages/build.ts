import path from 'node:path'
import { namesOf } from '../run/release.js'
import { assembleBuildContext } from '../image/build-context.js'
import { buildImage, type ImageBuild } from '../image/build.js'
import { originLabels } from '../image/labels.js'
import type { JdkArchive } from '../jdk/install.js'
import type { Readiness } from '../probe/readiness.js'
import { readinessOf, type Found } from './application.js'
import { outputTo, type Run } from './run.js'

/** What the images are built from. */
export interface BuildFrom {
  folder: string
  base: Found['base']
  readiness: Readiness
  /** Of the finished image, whatever is in it. */
  labels: Record<string, string>
}

/** Lays out what the Dockerfile copies. */
export async function layOut(
  run: Run,
  parts: { found: Found; archive: JdkArchive; fingerprint: string }
): Promise<BuildFrom> {
  const { id, inputs, world, work } = run
  const { found, archive } = parts
  // BuildKit remembers contexts by the last part of their path, and looks for changes there by size and time only.
  const folder = path.join(work, `context-${id}`)
  await assembleBuildContext(folder, {
    dockerFolder: world.dockerFolder,
    jdkArchive: archive.file,
    application: found.application,
    javaOptions: inputs.javaOptions,
    arguments: inputs.arguments,
    cpuFeatures: inputs.cpuFeatures
  })
  const labels = originLabels({
    created: new Date(),
    environment: world.environment,
    version: inputs.tags[0]?.tag,
    base: { name: inputs.file ?? inputs.baseImage, digest: found.base.digest },
    jdkAsset: archive.asset.name,
    jdkSha256: archive.sha256,
    fingerprint: parts.fingerprint
  })
  return { folder, base: found.base, readiness: readinessOf(run, found), labels }
}

/** Builds one of the images of docker/Dockerfile; its id. */
export async function build(
  run: Run,
  from: BuildFrom,
  target: ImageBuild['target'],
  buildArgs: Record<string, string>,
  labels: Record<string, string>
): Promise<string> {
  const { inputs } = run
  return await buildImage(
    run.world.docker,
    {
      context: from.folder,
      target,
      name: namesOf(run.id).image(target === 'cold' ? 'runtime' : target),
      buildArgs: {
        BASE_IMAGE: from.base.image,
        UID: String(inputs.user.uid),
        GID: String(inputs.user.gid),
        ENGINE: inputs.engine,
        RUN: run.id,
        WORKING_DIRECTORY: from.base.workingDirectory,
        ...buildArgs
      },
      labels
    },
    outputTo(run, `build-${target}.log`)
  )
}

/** The image in which the snapshot is taken. */
export async function buildCheckpoint(run: Run, from: BuildFrom): Promise<void> {
  await run.steps.run('build-checkpoint', 'Build the checkpoint image', () =>
    build(run, from, 'checkpoint', {}, {})
  )
}
