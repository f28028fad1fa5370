import path from 'node:path'
import { namesOf } from '../run/release.js'
import { librariesOf, type Libraries } from '../application/libraries.js'
import { healthPath } from '../application/health.js'
import { findApplication } from '../application/find.js'
import { refuseCracOptions } from '../image/jvm-variables.js'
import type { Application } from '../application/layouts/layout.js'
import type { Readiness } from '../probe/readiness.js'
import { refuseStrays } from '../application/strays.js'
import { buildUserImage } from '../image/user-dockerfile.js'
import { imageDigest, imageEnvironment } from '../runner/base-image.js'
import { outputTo, type Run } from './run.js'
import { HOME_DIR } from '../lib/image-paths.js'

/** What to run, and the image under it. */
export interface Found {
  application: Application
  /** What it is made of; undefined where that cannot be told. */
  libraries: Libraries | undefined
  /** Of the images that are built. */
  base: { image: string; workingDirectory: string; digest: string | undefined }
}

/** How it says that it is up: as the user tells, else where its libraries do. */
export function readinessOf({ inputs }: Run, { libraries }: Found): Readiness {
  return { ...inputs.readiness, health: healthPath(libraries) }
}

/** Finds the application in the context, before any other work; undefined where a Dockerfile of the user's says what it is. */
export async function lookForApplication(run: Run): Promise<Application | undefined> {
  const { inputs, world, steps, work } = run
  return await steps.run('application', 'Find the application', async () => {
    await refuseStrays(bodies(run), [world.workspace])
    if (inputs.file !== undefined) {
      await refuseStrays([path.resolve(world.workspace, inputs.file)], places(run))
      return undefined
    }
    const application = await findApplication({
      context: path.resolve(world.workspace, inputs.context),
      application: inputs.application,
      mainClass: inputs.mainClass,
      scratch: path.join(work, 'application')
    })
    const { dependencies, classes } = application
    await refuseStrays([...dependencies.keys(), ...classes.keys()], [...places(run), work])
    world.log.info(`Found: ${application.description}.`)
    return application
  })
}

/** The application with the image under it, which may be one of the user's Dockerfile. */
export async function prepareBase(run: Run, application: Application | undefined): Promise<Found> {
  const found = application ? await onBaseImage(run, application) : await onUserImage(run)
  return { ...found, libraries: await librariesOf(found.application) }
}

async function onBaseImage(
  { inputs, world }: Run,
  application: Application
): Promise<Omit<Found, 'libraries'>> {
  refuseCracOptions(inputs.baseImage, await imageEnvironment(world.docker, inputs.baseImage))
  const digest = await imageDigest(world.docker, inputs.baseImage)
  return { application, base: { image: inputs.baseImage, workingDirectory: HOME_DIR, digest } }
}

async function onUserImage(run: Run): Promise<Omit<Found, 'libraries'>> {
  const { id, inputs, world } = run
  const name = namesOf(id).image('user')
  return await run.steps.run('build-user', 'Build your Dockerfile', async () => {
    const { application, workingDirectory } = await buildUserImage(
      world.docker,
      {
        context: path.resolve(world.workspace, inputs.context),
        file: path.resolve(world.workspace, inputs.file ?? ''),
        buildArgs: inputs.buildArgs,
        name,
        user: `${inputs.user.uid}:${inputs.user.gid}`
      },
      outputTo(run, 'build-user.log')
    )
    world.log.info(`Found: ${application.description}.`)
    const digest = await imageDigest(world.docker, name)
    return { application, base: { image: name, workingDirectory, digest } }
  })
}

/** What the warm-up sends of the workspace: the application has it in its memory, and so has the image. */
function bodies({ inputs, world }: Run): string[] {
  return (inputs.warmup ?? [])
    .flatMap(({ body }) => (body && 'file' in body ? [path.resolve(world.workspace, body.file)] : []))
    .filter((file) => !path.relative(world.workspace, file).startsWith('..'))
}

/** Where files for the image may lie: a context outside of the workspace is the word of whoever writes the workflow, a link is not. */
function places({ inputs, world }: Run): string[] {
  const context = path.resolve(world.workspace, inputs.context)
  const inside = !path.relative(world.workspace, context).startsWith('..')
  return inside ? [world.workspace] : [world.workspace, context]
}
