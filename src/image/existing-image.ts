import type { Context } from '../docker/context.js'
import { withImageFiles, type ImageFiles } from '../docker/image-files.js'
import { namesOf } from '../docker/names.js'
import type { ImageConfig } from '../docker/inspect.js'
import type { Architecture, VersionRequest } from '../jdk/asset.js'
import { Failure } from '../lib/errors.js'
import { CRAC_DIR } from '../lib/image-paths.js'
import { digestOf, ensureImage } from '../runner/base-image.js'
import { architectureOf } from '../runner/docker-facts.js'
import { brokenBy, checkContract, ofImage, type ApplicationInImage } from './contract.js'
import { recordStart } from './start/record.js'
import { withRecording, type Recording } from './start/recording.js'
import { givenCommand, type RecordStart } from './start/start-command.js'
import { lackIn } from './ground.js'
import { findJava, versionFor, type JavaOfImage } from './java-of-image.js'
import { variablesIn } from './jvm-variables.js'
import { DEFAULT_USER, idsOfUser, ROOT } from './user-ids.js'

/** The image of the input `image`, and what was found in it. */
export interface ExistingImage extends ApplicationInImage {
  /** As the input names it. */
  reference: string
  /** Id in Docker. */
  id: string
  /** Digest at its registry, or its id where it comes from none. */
  digest: string
  /** Its names with digests, `repository@sha256:...`; none where it comes from no registry. */
  repositoryDigests: readonly string[]
  /** Its configuration, with what its start command sets. */
  config: ImageConfig['Config']
  /** What its start command does up to java, where it was run for that. */
  recording: Recording | undefined
  java: JavaOfImage
  /** What it lacks, so that its application goes onto the base image; undefined where its own layers stay. */
  lack: string | undefined
  /** Version of the JDK that replaces its Java. */
  javaVersion: VersionRequest
  /** The user that it runs as; undefined for root. */
  user: { uid: number; gid: number } | undefined
}

export interface ExistingImageInputs {
  command: string[] | undefined
  user: { uid: number; gid: number } | undefined
  env: Record<string, string>
  port: number
  javaVersion: VersionRequest
  skipUnchanged: boolean
  baseImage: string
  criuImage: string | undefined
}

/**
 * Pulls the image of the input `image` where Docker does not have it, and reads its configuration and its files. Throws a Failure for
 * an image that the action cannot take over.
 */
export async function readExistingImage(
  context: Pick<Context, 'docker' | 'log' | 'id' | 'work'>,
  reference: string,
  inputs: ExistingImageInputs,
  { architecture, dockerFolder }: { architecture: Architecture; dockerFolder: string }
): Promise<ExistingImage> {
  const { docker, log, id: run } = context
  const onLine = (line: string): void => log.untrusted(line)
  const inspected = await ensureImage(docker, reference, onLine, {
    refresh: inputs.skipUnchanged,
    input: 'image'
  })
  const { Id: id, Config: own } = inspected
  if (architectureOf(inspected.Architecture) !== architecture) {
    throw new Failure(
      'image',
      `The image ${reference} is for ${inspected.Architecture}, and this runner is not.`,
      {
        fix: 'Build the image for the architecture of this runner, or use a runner of its architecture. If this machine has it for another one, remove it there (`docker image rm`).'
      }
    )
  }
  const repositoryDigests = inspected.RepoDigests ?? []
  const digest = digestOf(reference, repositoryDigests) ?? id
  log.info(`${reference} is ${digest}.`)
  if (own.Entrypoint?.[0]?.startsWith(`${CRAC_DIR}/`)) {
    throw new Failure('image', `The image ${reference} is one that this action has made.`, {
      fix: 'Set `image` to the image that it was made from: its label org.opencontainers.image.base.name.'
    })
  }
  const origin = ofImage(reference)
  return await withImageFiles(docker, { run, image: id }, async (files) => {
    const user = await userOf(files, own.User ?? '', inputs.user, origin.name)
    const record: RecordStart = async (words) => {
      const { uid, gid } = user ?? DEFAULT_USER
      const image = namesOf(run).image('user')
      await docker.run(['tag', id, image])
      return await recordStart(
        context,
        { image, user: `${uid}:${gid}`, env: inputs.env, dockerFolder },
        words
      )
    }
    const { words, notes, problem, recording } = await givenCommand(files, own, inputs, record)
    const config = withRecording(own, recording)
    const java = await findJava(files, variablesIn(config.Env ?? []), words)
    if (java === undefined) {
      throw brokenBy(
        origin,
        `has no Java: ${words.length === 0 ? 'it starts nothing' : `it starts ${words[0]}`}, and there is no \`java\` with a file \`release\` in its PATH and JAVA_HOME`,
        'Give an image that runs a Java application with a JVM; a native image has none.'
      )
    }
    const application = checkContract(config, words, origin, problem)
    log.info(`Found: ${application.application.description}.`)
    for (const note of notes) log.info(note)
    const lack = await lackIn(files, inputs.criuImage !== undefined)
    if (lack !== undefined)
      log.info(`It ${lack}: its application goes onto ${inputs.baseImage} (\`base-image\`).`)
    const javaVersion = versionFor(java, inputs.javaVersion, (line) => log.info(line))
    log.info(`Its Java, ${java.name} in ${java.home}, is replaced by the JDK of the action.`)
    log.info(
      java.trustStore === undefined
        ? `It has no certificates (lib/security/cacerts): those of the JDK of the action are used.`
        : `The JDK of the action gets its certificates (cacerts), from ${java.trustStore}.`
    )
    for (const line of differences(config, inputs, user)) log.info(line)
    return {
      ...application,
      ...{ reference, id, digest, repositoryDigests, config, recording, java, javaVersion, user, lack }
    }
  })
}

async function userOf(
  files: ImageFiles,
  own: string,
  given: ExistingImageInputs['user'],
  name: string
): Promise<ExistingImage['user']> {
  if (ROOT.has(own) || given) return given
  const [uid, gid] = ((await idsOfUser(files, own)) ?? '').split(':').map(Number)
  // USER 0:1000 is root, too.
  if (uid === 0) return undefined
  if (uid !== undefined && gid !== undefined) return { uid, gid }
  throw new Failure(
    'image',
    `${name} runs as the user ${own}, whom its /etc/passwd and /etc/group do not have.`,
    { fix: 'Set `user` to the numbers of a user and a group.' }
  )
}

/** Returns sentences on what is not as in the image, where somebody may expect it. */
function differences(
  { StopSignal = '', ExposedPorts }: ImageConfig['Config'],
  inputs: ExistingImageInputs,
  user: ExistingImage['user']
): string[] {
  const lines: string[] = []
  if (user === undefined)
    lines.push('The image runs as root; here its application runs as a user without privileges (`user`).')
  const ports = Object.keys(ExposedPorts ?? {}).filter((port) => port.endsWith('/tcp'))
  if (ports.length > 0 && !ports.includes(`${inputs.port}/tcp`))
    lines.push(`The image exposes ${ports.join(', ')}, and \`port\` is ${inputs.port}.`)
  if (!['', 'SIGTERM', 'TERM', '15', 'SIGINT', 'INT', '2'].includes(StopSignal))
    lines.push(
      `The stop signal of the image is ${StopSignal}: the entry script forwards SIGTERM and SIGINT only.`
    )
  return lines
}
