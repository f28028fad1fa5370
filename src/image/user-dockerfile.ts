import type { Context } from '../docker/context.js'
import type { Listeners } from '../docker/docker.js'
import { dockerFailure, lastLines } from '../docker/failure.js'
import { withImageFiles } from '../docker/image-files.js'
import { inspectImage } from '../docker/inspect.js'
import { Failure } from '../lib/errors.js'
import { baseImageFailure } from '../runner/base-image.js'
import { describeStep, failedStep } from './build-failure.js'
import { buildArgOptions, runBuild, secretOptions } from './build.js'
import { brokenBy, checkContract, OF_DOCKERFILE, type ApplicationInImage } from './contract.js'
import { recordStart } from './start/record.js'
import { withRecording, type Recording } from './start/recording.js'
import { givenCommand, type RecordStart } from './start/start-command.js'
import { idsOfUser, ROOT } from './user-ids.js'

/** Build of the user's Dockerfile; the JDK, CRIU and the snapshot are added to its image later. */
export interface UserImageBuild {
  context: string
  file: string
  buildArgs: Record<string, string>
  /** Stage of the Dockerfile; undefined for the last one. */
  target: string | undefined
  /** Values for `RUN --mount=type=secret`, by their ids. */
  secrets: Record<string, string>
  /** Agents and keys for `RUN --mount=type=ssh`: `default`, or `id=path`. */
  ssh: readonly string[]
  name: string
  /** Folder docker/ of the action. */
  dockerFolder: string
  /** `uid:gid` of the application. */
  user: string
  /** The input `command`, in the place of what the image starts. */
  command?: readonly string[] | undefined
  /** Variables of the input `env`. */
  env: Readonly<Record<string, string>>
}

export interface UserImage extends ApplicationInImage {
  /** What of the start command is left out, and what that means, for the log. */
  notes: string[]
  /** What the start command does up to java, where it was run for that. */
  recording: Recording | undefined
}

/** Builds the image. Throws a Failure if the build fails, or if the image breaks the contract of docs/dockerfile.md. */
export async function buildUserImage(
  context: Pick<Context, 'docker' | 'id' | 'work'>,
  build: UserImageBuild,
  output: Listeners
): Promise<UserImage> {
  const { docker, id: run } = context
  const { options, environment } = buildArgOptions(build.buildArgs)
  const secrets = secretOptions(build.secrets)
  const command = [
    'build',
    ...['--file', build.file],
    ...['--tag', build.name],
    '--force-rm',
    ...options,
    ...(build.target === undefined ? [] : ['--target', build.target]),
    ...secrets.options,
    ...build.ssh.flatMap((entry) => ['--ssh', entry]),
    '--',
    build.context
  ]
  const result = await runBuild(docker, command, output, { ...environment, ...secrets.environment })
  if (result.exitCode !== 0) {
    const output = `${result.stdout}\n${result.stderr}`
    const step = failedStep(output)
    const failure = step
      ? undefined
      : (baseImageFailure(output, 'of the Dockerfile') ?? dockerFailure(command, result))
    throw new Failure(
      failure?.category === 'image' ? 'image' : 'application',
      `${build.file} could not be built. ${step ? describeStep(step) : failure?.message}`,
      {
        fix: 'Fix the Dockerfile in `file`, or the files in `context` and the values in `build-args`, `build-secrets` and `build-ssh` that it needs. The last lines of its build are below.',
        evidence: failure?.evidence ?? lastLines(output, 20)
      }
    )
  }
  const { Config: config } = await inspectImage(docker, build.name)
  return await withImageFiles(docker, { run, image: build.name }, async (files) => {
    const record: RecordStart = (words) => recordStart(context, { ...build, image: build.name }, words)
    const { words, notes, problem, recording } = await givenCommand(files, config, build, record)
    const found = checkContract(withRecording(config, recording), words, OF_DOCKERFILE, problem)
    const own = config.User ?? ''
    checkUser(own, build.user, ROOT.has(own) ? undefined : await idsOfUser(files, own))
    return { ...found, notes, recording }
  })
}

/** Throws a Failure if the image runs as another user than the application; `ids` are those of its USER, `uid:gid`. */
export function checkUser(own: string, user: string, ids: string | undefined): void {
  if (ROOT.has(own) || ids === user || [user, user.split(':')[0]].includes(own)) return
  throw brokenBy(
    OF_DOCKERFILE,
    `runs as the user ${own}${ids === undefined || ids === own ? '' : ` (${ids})`}`,
    `Set \`user: ${ids ?? 'UID:GID'}\` for that user, or remove USER. The application runs as ${user}.`
  )
}
