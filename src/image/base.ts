import path from 'node:path'
import { librariesOf } from '../application/libraries.js'
import type { Application } from '../application/layouts/layout.js'
import { outputTo, type Context } from '../docker/context.js'
import type { Docker } from '../docker/docker.js'
import { namesOf } from '../docker/names.js'
import { Failure } from '../lib/errors.js'
import { HOME_DIR } from '../lib/image-paths.js'
import { localImage } from '../runner/base-image.js'
import { refuseCracOptions, variablesIn } from './jvm-variables.js'
import type { ApplicationOnBase } from './on-base.js'
import { onExistingImage } from './rebase.js'
import { onBaseImage, type GivenBase } from './graft/graft.js'
import type { ExistingImage } from './existing-image.js'
import { withStartSettings } from './start/started-image.js'
import { buildUserImage } from './user-dockerfile.js'

export interface BaseInputs {
  command: string[] | undefined
  context: string
  file: string | undefined
  buildArgs: Record<string, string>
  buildTarget: string | undefined
  buildSecrets: Record<string, string>
  buildSsh: string[]
  baseImage: string
  user: { uid: number; gid: number }
  env: Record<string, string>
}

/** Folders of the runner: that of the job, and docker/ of the action. */
interface Machine {
  workspace: string
  dockerFolder: string
}

/** Prepares the image below the application: the input `base-image`, the input `image`, or the image that the user's Dockerfile builds. */
export async function prepareBase(
  context: Context,
  inputs: BaseInputs,
  machine: Machine,
  { application, image }: { application: Application | undefined; image: ExistingImage | undefined }
): Promise<ApplicationOnBase> {
  const { docker } = context
  const { baseImage, user } = inputs
  if (image) {
    if (image.lack === undefined) return await onExistingImage(context, image, user)
    return await onBaseImage(context, image, { base: await givenBase(docker, baseImage), user })
  }
  if (!application) return await buildBase(context, inputs, machine)
  const base = await givenBase(docker, baseImage)
  return {
    application,
    libraries: await librariesOf(application),
    base: { ...base, workingDirectory: HOME_DIR }
  }
}

/** Returns the input `base-image`. Throws a Failure where it sets what the action sets itself. */
async function givenBase(docker: Docker, image: string): Promise<GivenBase> {
  const { digest, repositoryDigests, environment, onBuild } = await localImage(docker, image)
  if (onBuild) {
    throw new Failure('image', `The base image ${image} has ONBUILD instructions.`, {
      fix: 'Use another `base-image`: they would run in the builds of the action. In a Dockerfile of your own (`file`), they run once.'
    })
  }
  refuseCracOptions(image, environment)
  return { image, digest, repositoryDigests, environment: variablesIn(environment) }
}

async function buildBase(
  context: Context,
  inputs: BaseInputs,
  { workspace, dockerFolder }: Machine
): Promise<ApplicationOnBase> {
  const { docker, id, log, step } = context
  const { context: folder, file = '', user } = inputs
  const name = namesOf(id).image('user')
  return await step('build-user', 'Build your Dockerfile', async () => {
    const { application, workingDirectory, notes, recording } = await buildUserImage(
      context,
      {
        context: path.resolve(workspace, folder),
        file: path.resolve(workspace, file),
        buildArgs: inputs.buildArgs,
        target: inputs.buildTarget,
        secrets: inputs.buildSecrets,
        ssh: inputs.buildSsh,
        name,
        dockerFolder,
        user: `${user.uid}:${user.gid}`,
        command: inputs.command,
        env: inputs.env
      },
      outputTo(context, 'build-user.log')
    )
    log.info(`Found: ${application.description}.`)
    for (const note of notes) log.info(note)
    const { digest, environment: own } = await localImage(docker, name)
    const image = await withStartSettings(context, name, `${user.uid}:${user.gid}`, recording)
    const environment = { ...variablesIn(own), ...recording?.environment }
    const base = { image, workingDirectory, digest, repositoryDigests: [], environment }
    return { application, libraries: undefined, base }
  })
}
