import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { describeFailure, DOCS, Failure } from '../lib/errors.js'
import type { Architecture } from '../jdk/asset.js'
import { ensureImage } from '../runner/base-image.js'
import { architectureOf } from '../runner/docker-facts.js'
import { CRIU_LABEL } from './labels.js'

/**
 * Pulls the image that has CRIU, if Docker does not have it, and returns its name for the builds of this run. Returns undefined, with a
 * warning, if it cannot be pulled or is for another architecture: then CRIU comes from the packages of the base image. Throws a Failure if it is another image.
 */
export async function pullCriu(
  { id, docker, log }: Pick<Context, 'id' | 'docker' | 'log'>,
  image: string,
  architecture: Architecture
): Promise<string | undefined> {
  const pulled = await ensureImage(docker, image, (line) => log.untrusted(line), {
    input: 'criu-image'
  }).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.category === 'cancelled') throw error
    log.warning(`CRIU comes from the packages of the base image. ${describeFailure(error)}`)
    return undefined
  })
  if (!pulled) return undefined
  if (pulled.Config.Labels?.[CRIU_LABEL] === undefined) {
    throw new Failure('input', `\`criu-image\`: ${image} does not have the label ${CRIU_LABEL}.`, {
      fix: `Use an image that docker/criu/Dockerfile of this action has built (${DOCS}/decisions/criu.md).`
    })
  }
  if (architectureOf(pulled.Architecture) !== architecture) {
    log.warning(
      `CRIU comes from the packages of the base image. The image with CRIU ${image} is for ${pulled.Architecture}; use the digest of an index with both architectures.`
    )
    return undefined
  }
  // The builds find it by this name without its registry.
  const name = namesOf(id).image('criu')
  await docker.run(['tag', pulled.Id, name])
  return name
}
