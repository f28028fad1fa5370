import { archiveOption, ownArchiveOption, strictOption, type Archive } from '../archive/archive.js'
import { trainArchive } from '../archive/train.js'
import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { writeArchiveTree } from '../image/archive-tree.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { describeFailure, Failure } from '../lib/errors.js'
import { sizeText } from '../lib/values.js'
import { startWithArchive } from './prove.js'
import { startRequest, type RuntimeInputs, type StartSetting } from './start-request.js'

/**
 * Trains an archive of classes and adds it to the build context, if the JVM in the image accepts it; undefined, after a warning, if
 * it does not, or if there is none. It never fails the run: without an archive, only a normal start is slower.
 */
export async function addArchive(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  source: ImageSource
): Promise<Archive | undefined> {
  const { log, step } = context
  if (inputs.archive === 'off') return undefined
  const own = ownArchiveOption(inputs.javaOptions)
  if (own !== undefined) {
    log.info(`No archive of classes is made, because \`java-options\` has ${own}.`)
    return undefined
  }
  return await step('archive', 'Train the archive of classes', async () => {
    try {
      const { file, ...archive } = await trainArchive(context, inputs, setting)
      await writeArchiveTree(source.folder, { file, option: (path) => archiveOption(archive.kind, path) })
      const answer = await startStrictly(context, inputs, setting, source, archive)
      log.info(
        `Archive of classes (${archive.kind}): ${sizeText(archive.size)}. A start with it took ${answer} ms.`
      )
      return archive
    } catch (error) {
      if (!(error instanceof Failure) || error.category === 'cancelled') throw error
      await writeArchiveTree(source.folder, undefined)
      log.warning(
        `The image has no archive of classes, so a normal start is not faster. ${describeFailure(error)}`
      )
      return undefined
    }
  })
}

/**
 * Starts an image with the archive, with a JVM that refuses to start without it: usually a JVM drops an archive that does not fit
 * without a word. Returns the time to the first response.
 */
async function startStrictly(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  source: ImageSource,
  { kind }: Archive
): Promise<number> {
  const id = await buildStage(context, source, 'cold', {
    buildArgs: { PORT: String(inputs.port) },
    labels: {}
  })
  try {
    const request = await startRequest(context, inputs, setting, { id, privileges: undefined })
    const options = [source.javaOpts, strictOption(kind)].filter((option) => option !== undefined)
    const env = { ...request.env, JAVA_OPTS: options.join(' ') }
    const { answer } = await startWithArchive(context, { ...request, env, load: undefined }).catch(
      (error: unknown) => {
        throw error instanceof Failure && error.category === 'application' ? notAccepted(error) : error
      }
    )
    return answer
  } finally {
    await context.docker.attempt(['image', 'rm', '--force', namesOf(context.id).image('runtime')])
  }
}

function notAccepted({ message, evidence }: Failure): Failure {
  return new Failure('jdk', 'The JVM does not accept the archive that it wrote.', {
    fix: 'Set `archive: off`, or use other `java-options`. The end of the log of the step shows the reason.',
    evidence,
    cause: message
  })
}
