import type { Application } from '../application/layouts/layout.js'
import type { Context } from '../docker/context.js'
import { prepareBase } from '../image/base.js'
import { pullCriu } from '../image/criu-image.js'
import { readExistingImage } from '../image/existing-image.js'
import { completeParts, type ImageParts } from '../image/parts.js'
import type { Inputs } from '../inputs/inputs.js'
import { imageValues } from '../inputs/read-inputs.js'
import { settled, type SettledInputs } from '../inputs/settled.js'
import type { Architecture } from '../jdk/asset.js'
import type { Publication } from '../registry/publish.js'
import type { Finished, WithImage } from '../report/result.js'
import type { Steps } from '../run/steps.js'
import type { World } from '../run/world.js'
import type { Secret } from '../secrets/scanner/needles.js'
import { provideJdk } from './provide-jdk.js'

/** A run, and everything that it works with; the inputs may not be settled yet. */
export interface Job<Given = SettledInputs> {
  context: Context
  steps: Steps
  inputs: Given
  world: World & { secrets: readonly Secret[] }
  /** Returns what is known at the end, whatever the result is. */
  finished: () => Finished
}

/** Returns what the image is made of, and the inputs with what an existing image says: prepares the base image, then the JDK. */
export async function partsOf(
  { context, inputs: given, world }: Job<Inputs>,
  application: Application | undefined,
  architecture: Architecture
): Promise<{ parts: ImageParts; inputs: SettledInputs }> {
  const reference = given.image
  const image =
    reference === undefined
      ? undefined
      : await context.step('image', 'Read the image', () =>
          readExistingImage(context, reference, given, { architecture, dockerFolder: world.dockerFolder })
        )
  const inputs = settled(given, image)
  const onBase = await prepareBase(context, inputs, world, { application, image })
  const jdk = await context.step('jdk', 'Resolve the JDK', () =>
    provideJdk(context, world, { inputs, architecture, application: Promise.resolve(application), image })
  )
  const withCriu = given.criuImage
  const criuImage =
    withCriu === undefined
      ? undefined
      : await context.step('criu', 'Pull the image with CRIU', () =>
          pullCriu(context, withCriu, architecture)
        )
  const parts = await completeParts(onBase, { jdk, criuImage }, inputs, world, imageValues(inputs))
  return { parts, inputs }
}

/** Returns what the result says of an image, however it was made. */
export function withImage(
  { inputs: { baseImage: given, port, user }, finished }: Job,
  { application, base, jdk }: ImageParts,
  publication: Publication
): Omit<WithImage, 'image'> {
  const baseImage = base.given?.reference ?? given
  return { application: application.description, baseImage, jdk, port, user, publication, ...finished() }
}
