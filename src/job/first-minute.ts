import path from 'node:path'
import { findInWorkspace } from '../application/in-workspace.js'
import type { Application } from '../application/layouts/layout.js'
import type { Context } from '../docker/context.js'
import { interruptible } from '../docker/interruptible.js'
import { prepareBase } from '../image/base.js'
import { pullCriu } from '../image/criu-image.js'
import { readExistingImage, type ExistingImage } from '../image/existing-image.js'
import { installCriu } from '../image/install-criu.js'
import { completeParts, type ImageParts } from '../image/parts.js'
import type { Inputs } from '../inputs/inputs.js'
import { imageValues } from '../inputs/read-inputs.js'
import { settled, type SettledInputs } from '../inputs/settled.js'
import type { Architecture } from '../jdk/asset.js'
import { unlessUnsupported, UnsupportedRunner } from '../lib/errors.js'
import { withResolvers } from '../lib/with-resolvers.js'
import { SideBySide } from '../run/side-by-side.js'
import { sweep } from '../run/sweep.js'
import { inspectRunner, type Runner } from '../runner/inspect.js'
import { isLocal } from '../runner/reach.js'
import type { Job } from './job.js'
import { provideJdk } from './provide-jdk.js'

/** What a job begins with. */
export type Begun =
  | { application: Application | undefined; inputs: SettledInputs; runner: Runner; parts: ImageParts }
  | { application: Application | undefined; runner: UnsupportedRunner }

/**
 * Finds the application, inspects the runner, which pulls the base image, and provides the JDK, side by side. CRIU is installed as
 * soon as the base image is there, if the JDK is not. Call `end` when the job does not need this work any more.
 */
export function beginJob(job: Job<Inputs>): { begun: Promise<Begun>; end: () => Promise<void> } {
  const together = new SideBySide(job.steps, job.world.cancelled)
  return { begun: begin(job, together), end: () => together.end() }
}

async function begin(job: Job<Inputs>, together: SideBySide): Promise<Begun> {
  const { inputs, world } = job
  const context: Context = { ...job.context, docker: interruptible(job.context.docker, together.signal) }
  // undefined: there is no runner to provide a JDK for.
  const architecture = withResolvers<Architecture | undefined>()
  const inspected = withResolvers<Runner | UnsupportedRunner | undefined>()
  const found = withResolvers<Application | undefined>()
  const read = withResolvers<ExistingImage | undefined>()
  for (const { promise } of [found, read]) promise.catch(() => undefined)

  const showApplication = together.begin('application', 'Find the application', async (log) => {
    const folders = { workspace: world.workspace, scratch: path.join(context.work, 'application') }
    const search = findInWorkspace(log, inputs, folders)
    search.then(found.resolve, found.reject)
    return await search
  })
  const showRunner = together.begin('inspect', 'Inspect the runner', async (log) => {
    try {
      const facts = (known: { architecture: Architecture }): void => architecture.resolve(known.architecture)
      const runner = await unlessUnsupported(inspect(job, { ...context, log }, facts))
      inspected.resolve(runner)
      return runner
    } finally {
      architecture.resolve(undefined)
      inspected.resolve(undefined)
    }
  })
  const reference = inputs.image
  const showImage =
    reference === undefined
      ? undefined
      : together.begin('image', 'Read the image', async (log) => {
          const known = await architecture.promise
          if (known === undefined) return undefined
          const reading = readExistingImage({ ...context, log }, reference, inputs, {
            architecture: known,
            dockerFolder: world.dockerFolder
          })
          reading.then(read.resolve, read.reject)
          return await reading
        })
  if (!showImage) read.resolve(undefined)
  const { criuImage: withCriu } = inputs
  const showCriu =
    withCriu === undefined
      ? undefined
      : together.begin('criu', 'Pull the image with CRIU', async (log) => {
          const known = await architecture.promise
          return known && (await pullCriu({ ...context, log }, withCriu, known))
        })
  let hasJdk = false
  const showJdk = together.begin('jdk', 'Resolve the JDK', async (log) => {
    const known = await architecture.promise
    if (known === undefined) return undefined
    const environment = { ...world, cancelled: together.signal }
    const image = await read.promise
    try {
      const request = { inputs: settled(inputs, image), image, application: found.promise }
      return await provideJdk({ ...context, log }, environment, { ...request, architecture: known })
    } catch (error) {
      // A runner that takes no snapshots may need no JDK.
      if ((await inspected.promise) instanceof UnsupportedRunner) return undefined
      throw error
    } finally {
      hasJdk = true
    }
  })

  const application = await showApplication()
  const runner = await showRunner()
  if (runner instanceof UnsupportedRunner) return { application, runner }
  const image = await showImage?.()
  const values = settled(inputs, image)
  const onBase = await together.during(prepareBase(context, values, world, { application, image }))
  const criuImage = await showCriu?.()
  // A machine that has the JDK has most likely CRIU in its build cache, too.
  if (!hasJdk)
    together.add(installCriu(context, world.dockerFolder, { baseImage: onBase.base.image, criuImage }))
  const jdk = await showJdk()
  if (jdk === undefined) throw new Error('there is no JDK')
  const parts = await completeParts(onBase, { jdk, criuImage }, values, world, imageValues(values))
  return { application, inputs: values, runner, parts }
}

async function inspect(
  { inputs, world }: Job<Inputs>,
  { docker, log, id }: Context,
  onFacts: (facts: { architecture: Architecture }) => void
): Promise<Runner> {
  const runner = await inspectRunner({ ...world, docker, log, onFacts }, { ...inputs, run: id })
  const [folder, localEngine] = [path.dirname(world.runFolder), isLocal(runner.reach)]
  await sweep({ docker, localEngine, folder, info: (line) => log.info(line) })
  return runner
}
