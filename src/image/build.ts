import type { CommandResult } from '../docker/process-group.js'
import type { Docker, Listeners } from '../docker/docker.js'
import { DISK_FULL, dockerFailure } from '../docker/failure.js'
import { inspectImage } from '../docker/inspect.js'
import { baseImageFailure } from '../runner/base-image.js'
import { failedStep, stepFailure, toolsFailure } from './build-failure.js'

export interface ImageBuild {
  context: string
  target: 'checkpoint' | 'restorable' | 'runtime' | 'cold'
  name: string
  buildArgs: Record<string, string>
  labels: Record<string, string>
  /** Whether containerd's image store is to keep the layers as tar archives: it would compress them, with one core. */
  uncompressed: boolean
}

/** Output of BuildKit: https://docs.docker.com/build/exporters/image-registry/ */
const UNCOMPRESSED = 'type=image,compression=uncompressed,unpack=true'

/** The classic builder does not know the option. */
const NO_OUTPUT = /unknown flag: --output|--output option requires BuildKit/

export function buildCommand(build: ImageBuild): string[] {
  return [
    'build',
    '--target',
    build.target,
    '--tag',
    build.name,
    // The classic builder would keep the container of a failed instruction.
    '--force-rm',
    ...pairs('--build-arg', build.buildArgs),
    ...pairs('--label', build.labels),
    ...(build.uncompressed ? ['--output', UNCOMPRESSED] : []),
    '--',
    build.context
  ]
}

/** Builds a stage of docker/Dockerfile and returns the id of the image (`sha256:...`). */
export async function buildImage(docker: Docker, build: ImageBuild, output: Listeners): Promise<string> {
  const command = buildCommand(build)
  const result = await runBuild(docker, command, output)
  if (build.uncompressed && result.exitCode !== 0 && NO_OUTPUT.test(result.stderr))
    return await buildImage(docker, { ...build, uncompressed: false }, output)
  if (result.exitCode !== 0) {
    const output = `${result.stdout}\n${result.stderr}`
    throw (
      toolsFailure(output) ??
      stepFailure(failedStep(output), output) ??
      baseImageFailure(output, build.buildArgs['BASE_IMAGE'] ?? '') ??
      dockerFailure(command, result)
    )
  }
  return await idOf(docker, build.name)
}

/** Returns the id of an image by its name. `--iidfile` would write another id if Docker stores images in containerd. */
export async function idOf(docker: Docker, name: string): Promise<string> {
  return (await inspectImage(docker, name)).Id
}

/**
 * Runs a build with the builder of the Docker engine, which has the name of the context. A builder in a container would not
 * have the images of the engine. Throws a Failure if Docker's disk is full.
 */
export async function runBuild(
  docker: Docker,
  command: readonly string[],
  output: Listeners,
  environment: Readonly<Record<string, string>> = {}
): Promise<CommandResult> {
  const builder = await docker.run(['context', 'show'])
  const result = await docker.attempt(command, {
    ...output,
    env: { ...environment, BUILDX_BUILDER: builder }
  })
  const written = `${result.stdout}\n${result.stderr}`
  // Whatever step fails then, its base image and its Dockerfile are not the cause.
  if (result.exitCode !== 0 && DISK_FULL.test(written))
    throw dockerFailure(command, { ...result, stderr: written })
  return result
}

/** Returns the option with `NAME=value`, once for each value. */
export function pairs(option: string, values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`])
}

/** Names of variables that the docker client, its plugins or the loader of programs read themselves. */
const READ_BY_CLIENT =
  /^(DOCKER|BUILDX|BUILDKIT|COMPOSE|MOBY|LD|GO|XDG|OTEL|SSL|NO|ALL|FTP|HTTP|HTTPS|SSH|GIT|LC|CRAC_CHECKPOINT)_|^(PATH|HOME|USER|LANG|TERM|TMPDIR|SHELL|GODEBUG|GOGC|GOMAXPROCS|KUBECONFIG|SOURCE_DATE_EPOCH)$/i

/**
 * Returns the options of build arguments, and the environment of the docker client with their values: other users of the machine
 * can read argv. A variable that the client itself reads would change the client, so its value stays in the option.
 */
export function buildArgOptions(values: Readonly<Record<string, string>>): {
  options: string[]
  environment: Record<string, string>
} {
  const isInEnvironment = (name: string): boolean => !READ_BY_CLIENT.test(name)
  const entries = Object.entries(values)
  return {
    options: entries.flatMap(([name, value]) => [
      '--build-arg',
      isInEnvironment(name) ? name : `${name}=${value}`
    ]),
    environment: Object.fromEntries(entries.filter(([name]) => isInEnvironment(name)))
  }
}

/**
 * Returns the options of build secrets, and the environment of the docker client with their values: other users of the machine can
 * read argv. The variables have names of our own, which the client does not read.
 */
export function secretOptions(values: Readonly<Record<string, string>>): {
  options: string[]
  environment: Record<string, string>
} {
  const entries = Object.entries(values).map(([id, value], index) => ({
    id,
    value,
    variable: `CRAC_BUILD_SECRET_${index}`
  }))
  return {
    options: entries.flatMap(({ id, variable }) => ['--secret', `id=${id},env=${variable}`]),
    environment: Object.fromEntries(entries.map(({ variable, value }) => [variable, value]))
  }
}
