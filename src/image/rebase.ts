import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import type { ExistingImage } from './existing-image.js'
import { variablesIn } from './jvm-variables.js'
import { withStartSettings } from './start/started-image.js'
import type { ApplicationOnBase } from './on-base.js'

/**
 * Returns the application in an existing image: the JDK, CRIU and the scripts are added on top of it, and its layers stay as they are.
 * `user` is that of the application.
 */
export async function onExistingImage(
  context: Pick<Context, 'docker' | 'id' | 'work'>,
  image: ExistingImage,
  user: { uid: number; gid: number }
): Promise<ApplicationOnBase> {
  const { docker, id } = context
  const { config, digest, reference, repositoryDigests, java, recording } = image
  // The build finds it by this name, whatever happens to the reference meanwhile.
  const name = namesOf(id).image('user')
  await docker.run(['tag', image.id, name])
  return {
    application: image.application,
    libraries: undefined,
    base: {
      image: await withStartSettings(context, name, `${user.uid}:${user.gid}`, recording),
      workingDirectory: image.workingDirectory,
      digest,
      repositoryDigests,
      environment: variablesIn(config.Env ?? []),
      given: { reference, labels: config.Labels ?? {}, trustStore: java.trustStore }
    }
  }
}
