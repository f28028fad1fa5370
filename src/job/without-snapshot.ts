import type { Application } from '../application/layouts/layout.js'
import type { CheckpointRefused } from '../diagnosis/checkpoint-exception.js'
import { removeContainer } from '../docker/containers.js'
import { namesOf } from '../docker/names.js'
import { prepareImages, type ImageSource } from '../image/images.js'
import type { ImageParts } from '../image/parts.js'
import type { Inputs } from '../inputs/inputs.js'
import { readinessOf } from '../inputs/readiness.js'
import type { SettledInputs } from '../inputs/settled.js'
import { choiceWithoutSnapshot } from '../inputs/without-snapshot.js'
import type { Architecture } from '../jdk/asset.js'
import type { UnsupportedRunner } from '../lib/errors.js'
import { buildColdImage } from '../proof/cold-image.js'
import { publish } from '../registry/publish.js'
import type { Result } from '../report/result.js'
import { imageArchitecture } from '../runner/base-image.js'
import { findReach } from '../runner/reach.js'
import { partsOf, withImage, type Job } from './job.js'

/** The parts of an image, and the inputs with what they say. */
interface MadeParts {
  parts: ImageParts
  inputs: SettledInputs
}

/** Ends the job without a snapshot, as `on-unsupported-runner` or `on-checkpoint-failure` says. */
export async function withoutSnapshot(
  job: Job<Inputs>,
  why: UnsupportedRunner | CheckpointRefused,
  known: { application: Application | undefined; made?: MadeParts; source?: ImageSource }
): Promise<Result> {
  const { context, world, finished } = job
  const { docker, log } = context
  const { choice, refused } = choiceWithoutSnapshot(job.inputs, why, log)
  if (refused) await removeContainer(docker, namesOf(context.id).checkpointContainer)
  if (choice === 'skip') return { outcome: 'skipped', why, ...finished() }

  const reach = await findReach(docker, world.hostname)
  const { parts, inputs } = known.made ?? (await partsOf(job, known.application, await architectureOf(job)))
  const source = known.source ?? (await prepareImages(context, inputs, world, parts))
  const setting = { ...world, reach, readiness: await readinessOf(inputs, parts) }
  const cold = await buildColdImage(context, inputs, setting, { source, reason: why.message })
  const publication = await publish(context, inputs, world, {
    ...{ id: cold.image.id, snapshot: undefined, annotations: {}, from: parts.base.repositoryDigests }
  })
  return { outcome: 'cold', why, refused, ...cold, ...withImage({ ...job, inputs }, parts, publication) }
}

async function architectureOf({ context: { docker, log }, inputs }: Job<Inputs>): Promise<Architecture> {
  const [image, input] =
    inputs.image === undefined ? [inputs.baseImage, 'base-image' as const] : [inputs.image, 'image' as const]
  return await imageArchitecture(docker, image, (line) => log.untrusted(line), input)
}
