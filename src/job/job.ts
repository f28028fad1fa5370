import type { Application } from '../application/layouts/layout.js'
import type { Context } from '../docker/context.js'
import { prepareBase } from '../image/base.js'
import { completeParts, provideJdk, type ImageParts } from '../image/parts.js'
import type { Inputs } from '../inputs/inputs.js'
import { imageValues } from '../inputs/read-inputs.js'
import type { Architecture } from '../jdk/asset.js'
import type { Publication } from '../registry/publish.js'
import type { Finished, WithImage } from '../report/result.js'
import type { Steps } from '../run/steps.js'
import type { World } from '../run/world.js'
import type { Secret } from '../secrets/scanner/needles.js'

/** A run, and everything that it works with. */
export interface Job {
  context: Context
  steps: Steps
  inputs: Inputs
  world: World & { secrets: readonly Secret[] }
  /** Returns what is known at the end, whatever the result is. */
  finished: () => Finished
}

/** Returns what the image is made of: prepares the base image, then the JDK. */
export async function partsOf(
  { context, inputs, world }: Job,
  application: Application | undefined,
  architecture: Architecture
): Promise<ImageParts> {
  const onBase = await prepareBase(context, inputs, world.workspace, application)
  const jdk = await context.step('jdk', 'Resolve the JDK', () =>
    provideJdk(context, inputs, world, architecture, Promise.resolve(application))
  )
  return await completeParts(onBase, jdk, inputs, world, imageValues(inputs))
}

/** Returns what the result says of an image, however it was made. */
export function withImage(
  { inputs: { baseImage, port, user }, finished }: Job,
  { application, jdk }: ImageParts,
  publication: Publication
): Omit<WithImage, 'image'> {
  return { application: application.description, baseImage, jdk, port, user, publication, ...finished() }
}
