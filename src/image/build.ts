import type { CommandResult } from '../docker/process-group.js'
import type { Docker, Listeners } from '../docker/docker.js'
import { dockerFailure } from '../docker/failure.js'
import { inspectImage } from '../docker/inspect.js'
import { Failure } from '../lib/errors.js'
import { BUILD_PROBLEM } from '../lib/image-paths.js'
import { baseImageFailure } from '../runner/base-image.js'

export interface ImageBuild {
  /** Folder made by assembleBuildContext. */
  context: string
  /** Stage of docker/Dockerfile. */
  target: 'checkpoint' | 'runtime' | 'cold'
  /** Temporary name of the image. */
  name: string
  buildArgs: Record<string, string>
  labels: Record<string, string>
}

/** The argument vector of `docker` for a build. */
export function buildCommand(build: ImageBuild): string[] {
  return [
    'build',
    '--target',
    build.target,
    '--tag',
    build.name,
    // Of the classic builder, which keeps that of a step that failed.
    '--force-rm',
    ...pairs('--build-arg', build.buildArgs),
    ...pairs('--label', build.labels),
    '--',
    build.context
  ]
}

/** Builds one of the two images and returns its id (`sha256:...`). */
export async function buildImage(docker: Docker, build: ImageBuild, output: Listeners): Promise<string> {
  const command = buildCommand(build)
  const result = await runBuild(docker, command, output)
  if (result.exitCode !== 0) {
    const output = `${result.stdout}\n${result.stderr}`
    throw (
      jdkFailure(output) ??
      baseImageFailure(output, build.buildArgs['BASE_IMAGE'] ?? '') ??
      dockerFailure(command, result)
    )
  }
  return await idOf(docker, build.name)
}

/** The id of an image that was just built. `--iidfile` has another one where the engine keeps images in containerd. */
export async function idOf(docker: Docker, name: string): Promise<string> {
  return (await inspectImage(docker, name)).Id
}

/**
 * Runs a build with the engine's own builder, which has the name of the context. Another one, in a container of its own,
 * would not see the images of the engine.
 */
export async function runBuild(
  docker: Docker,
  command: readonly string[],
  output: Listeners
): Promise<CommandResult> {
  const builder = await docker.run(['context', 'show'])
  return await docker.attempt(command, { ...output, env: { BUILDX_BUILDER: builder } })
}

export function pairs(option: string, values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`])
}

// The lines of docker/tools/.
function jdkFailure(output: string): Failure | undefined {
  const match = BUILD_PROBLEM.exec(output)
  if (!match) return undefined
  if (match[1] === 'NO-CRIU') {
    return new Failure('image', `Nothing in the base image takes snapshots: ${match[2]}.`, {
      fix: 'Use a `base-image` that is a Debian 13 or newer, or like one, or that brings CRIU 4.1 or newer and setcap.'
    })
  }
  if (match[1] === 'NO-ENGINE') {
    return new Failure('jdk', `The JDK does not have the wanted engine: ${match[2]}.`, {
      fix: 'Leave `engine` at `auto`; Warp is only in builds of Azul (`distribution: zulu`), and not in all of them.'
    })
  }
  return new Failure('jdk', `The JDK cannot take checkpoints: ${match[2]}`, {
    fix: 'Choose another `java-version`: an archive of a JDK with CRaC, for Linux with glibc.'
  })
}
