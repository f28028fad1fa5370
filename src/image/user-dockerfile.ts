import path from 'node:path'
import type { Docker, Listeners } from '../docker/docker.js'
import { dockerFailure, lastLines } from '../docker/failure.js'
import { CRAC_DIR, HOME_DIR, JAVA_LINK, JDK_DIR } from '../lib/image-paths.js'
import { inspectImage, type ImageConfig } from '../docker/inspect.js'
import { Failure } from '../lib/errors.js'
import { baseImageFailure } from '../runner/base-image.js'
import { describeStep, failedStep } from './build-failure.js'
import { buildArgOptions, runBuild, secretOptions } from './build.js'
import { scriptIn, startCommand } from './entry-point.js'
import { CRAC_OPTION, cracOptionIn, LEAVE_TO_ACTION, variablesIn } from './jvm-variables.js'
import { idsOfUser } from './user-ids.js'
import type { Application } from '../application/layouts/layout.js'

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
  /** Id of the run. */
  run: string
  /** `uid:gid` of the application. */
  user: string
  /** Variables of the input `env`. */
  env: Readonly<Record<string, string>>
}

export interface UserImage {
  application: Application
  workingDirectory: string
  architecture: string
  /** What of the start command is left out, and what that means, for the log. */
  notes: string[]
}

/** Folders of the finished image that must not change after the checkpoint. */
const KEPT = [CRAC_DIR, JAVA_LINK, JDK_DIR, HOME_DIR, '/tmp']

/** Values of USER that are root; the application then runs as the input `user`. */
const ROOT = new Set(['', 'root', '0', '0:0'])

/** Builds the image. Throws a Failure if the build fails, or if the image breaks the contract of docs/dockerfile.md. */
export async function buildUserImage(
  docker: Docker,
  build: UserImageBuild,
  output: Listeners
): Promise<UserImage> {
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
  const image = await inspectImage(docker, build.name)
  const { words, notes } = await startCommand({
    config: image.Config,
    variables: { ...variablesIn(image.Config.Env ?? []), ...build.env },
    readScript: (file) => scriptIn(docker, { run: build.run, image: build.name }, file)
  })
  const own = image.Config.User ?? ''
  const ids = ROOT.has(own) ? undefined : await idsOfUser(docker, { run: build.run, image: build.name }, own)
  return { ...checkContract(image, build.user, words, ids), notes }
}

/**
 * Returns the application in the image, by its start command; `ids` are those of its USER, `uid:gid`. Throws a Failure if the image
 * breaks the contract.
 */
export function checkContract(
  { Architecture, Config }: Pick<ImageConfig, 'Architecture' | 'Config'>,
  user: string,
  [program = '', ...words]: readonly string[],
  ids?: string
): Omit<UserImage, 'notes'> {
  if (program === '') {
    throw broken(
      'has neither ENTRYPOINT nor CMD',
      'End it with `ENTRYPOINT ["java", "-jar", "/path/of/app.jar"]`.'
    )
  }
  if (/(^|\/)(ba|da)?sh$/.test(program) && /^-[eux]*c$/.test(words[0] ?? '')) {
    throw broken(
      'starts its application through a shell, with more than one simple command',
      'Use the exec form, `ENTRYPOINT ["java", "-jar", "/path/of/app.jar"]`: a restore needs the same process ids, and the shell would use one of them. Options can be in the input `java-options`, and variables in ENV.'
    )
  }
  if (path.posix.basename(program) !== 'java') {
    throw broken(
      `starts with ${program}, not with java`,
      'Begin ENTRYPOINT with "java": the entry script of the finished image replaces it. A script may be one command with java, or end with `exec "$@"` in front of java and set no variables; its ENTRYPOINT can be reset with `ENTRYPOINT []`.'
    )
  }
  const crac = words.find((word) => CRAC_OPTION.test(word))
  if (crac !== undefined) throw broken(`sets ${crac}`, LEAVE_TO_ACTION)
  const inVariable = cracOptionIn(Config.Env ?? [])
  if (inVariable !== undefined) throw broken(inVariable, LEAVE_TO_ACTION)
  const hidden = Object.keys(Config.Volumes ?? {}).find((volume) =>
    KEPT.some((kept) => overlap(volume, kept))
  )
  if (hidden !== undefined) {
    throw broken(
      `has a VOLUME on ${hidden}`,
      `Remove volumes on ${KEPT.join(', ')}: they would hide files that the restore needs.`
    )
  }
  if (Config.OnBuild?.length)
    throw broken(
      'has ONBUILD instructions',
      'Remove them: they would run again in the images that the action builds. ONBUILD of the image after FROM is not affected, as it has run already.'
    )
  const own = Config.User ?? ''
  if (!ROOT.has(own) && ids !== user && ![user, user.split(':')[0]].includes(own)) {
    throw broken(
      `runs as the user ${own}${ids === undefined || ids === own ? '' : ` (${ids})`}`,
      `Set \`user: ${ids ?? 'UID:GID'}\` for that user, or remove USER. The application runs as ${user}.`
    )
  }
  const main = words.find(
    (word, index) =>
      !word.startsWith('-') &&
      !/^(-cp|-classpath|--class-path|-jar|-p|--module-path)$/.test(words[index - 1] ?? '')
  )
  return {
    application: {
      layout: 'dockerfile',
      description: `Dockerfile of your own (java ${words.join(' ')})`.slice(0, 200),
      mainClass: words.includes('-jar') ? '' : (main ?? ''),
      command: words,
      dependencies: new Map(),
      classes: new Map(),
      packed: new Set(),
      files: new Map()
    },
    workingDirectory: Config.WorkingDir || '/',
    architecture: Architecture
  }
}

function overlap(a: string, b: string): boolean {
  const [x, y] = [a, b].map((folder) => `${path.posix.normalize(folder).replace(/\/$/, '')}/`) as [
    string,
    string
  ]
  return x.startsWith(y) || y.startsWith(x)
}

function broken(what: string, fix: string): Failure {
  return new Failure('image', `The image of your Dockerfile ${what}.`, {
    fix: `${fix} (docs/dockerfile.md has the contract.)`
  })
}
