import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import type { ExistingImage } from './existing-image.js'
import { variablesIn } from './jvm-variables.js'
import type { ApplicationOnBase } from './on-base.js'

/** Returns the application in an existing image: the JDK, CRIU and the scripts are added on top of it, and its layers stay as they are. */
export async function onExistingImage(
  { docker, id }: Pick<Context, 'docker' | 'id'>,
  image: ExistingImage
): Promise<ApplicationOnBase> {
  const { config, digest, reference, repositoryDigests, java } = image
  // The build finds it by this name, whatever happens to the reference meanwhile.
  const name = namesOf(id).image('user')
  await docker.run(['tag', image.id, name])
  return {
    application: image.application,
    libraries: undefined,
    base: {
      image: name,
      workingDirectory: image.workingDirectory,
      digest,
      environment: variablesIn(config.Env ?? []),
      given: { reference, repositoryDigests, labels: config.Labels ?? {}, trustStore: java.trustStore }
    }
  }
}
