import type { Docker } from '../docker/docker.js'
import { dockerFailure, lastLines } from '../docker/failure.js'
import { findImage, inspectImage, type ImageConfig } from '../docker/inspect.js'
import { Failure } from '../lib/errors.js'
import type { Architecture } from '../jdk/asset.js'
import { architectureOf } from './docker-facts.js'

/** Returns the architecture of an image; throws a Failure if there is no CRaC JDK for it. */
export async function imageArchitecture(
  docker: Docker,
  image: string,
  onLine: (line: string) => void,
  input: ImageInput = 'base-image'
): Promise<Architecture> {
  const { Architecture: name } = await ensureImage(docker, image, onLine, { input })
  const architecture = architectureOf(name)
  if (architecture) return architecture
  throw new Failure('image', `There is no CRaC JDK for ${image}, an image for ${name}.`, {
    fix: `Set \`${input}\` to an image for x86-64 or arm64.`
  })
}

/** Input that names an image. */
type ImageInput = 'base-image' | 'image' | 'criu-image'

/**
 * Pulls an image if Docker does not have it, with `refresh` also if the registry may have a newer one. Returns its configuration; throws
 * a Failure if it cannot be pulled.
 */
export async function ensureImage(
  docker: Docker,
  image: string,
  onLine: (line: string) => void,
  { refresh = false, input = 'base-image' }: { refresh?: boolean; input?: ImageInput }
): Promise<ImageConfig> {
  const known = await findImage(docker, image)
  // An image without a digest was built here: no registry has a newer one.
  if (known && (!refresh || !known.RepoDigests?.length)) return known
  const pull = ['pull', '--quiet', '--', image]
  const pulled = await docker.attempt(pull, { onLine })
  // An older image is better than none.
  if (pulled.exitCode !== 0 && known) return known
  if (pulled.exitCode !== 0) {
    const output = `${pulled.stdout}\n${pulled.stderr}`
    throw (
      baseImageFailure(output, image, input) ??
      dockerFailure(pull, pulled, pullFix(input)).of(`${SUBJECT[input]} ${image} could not be pulled`)
    )
  }
  return await inspectImage(docker, image)
}

const SUBJECT: Record<ImageInput, string> = {
  'base-image': 'The base image',
  image: 'The image',
  'criu-image': 'The image with CRIU'
}

const pullFix = (input: ImageInput): string =>
  `Check the name in \`${input}\`, and that the engine (not only this machine) reaches its registry: DNS, a proxy, a mirror. For a private image, run docker/login-action before.`

/**
 * Returns the digest of a local image at its registry, or its id if it comes from no registry, its names with digests, its environment as
 * `NAME=value`, and whether it has instructions for builds on top of it.
 */
export async function localImage(
  docker: Docker,
  image: string
): Promise<{ digest: string; repositoryDigests: string[]; environment: string[]; onBuild: boolean }> {
  const { RepoDigests, Id, Config } = await inspectImage(docker, image)
  return {
    digest: digestOf(image, RepoDigests ?? []) ?? Id,
    repositoryDigests: RepoDigests ?? [],
    environment: Config.Env ?? [],
    onBuild: Boolean(Config.OnBuild?.length)
  }
}

/** Returns the digest that a registry has for a reference: of several repositories with the image, that of the reference. */
export function digestOf(reference: string, repositoryDigests: readonly string[]): string | undefined {
  const repository = reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
  const own = repositoryDigests.find((known) => known.startsWith(`${repository}@`)) ?? repositoryDigests[0]
  return own?.slice(own.indexOf('@') + 1)
}

/** Returns the Failure for a base image in which a shell could not be started; undefined for any other output. */
export function noShellFailure(output: string): Failure | undefined {
  if (!/exec: "(?:\/bin\/)?sh": (?:stat \/bin\/sh: no such file|executable file not found)/.test(output))
    return undefined
  return new Failure('image', 'The base image has no shell (/bin/sh), which the action needs to add CRIU.', {
    fix: 'Use a base with a shell, such as debian:trixie-slim, in `base-image` or after FROM in your Dockerfile: distroless images have none.',
    evidence: lastLines(output, 20)
  })
}

/** Returns the Failure for the output of a pull; undefined if it contains no known error. */
export function baseImageFailure(
  output: string,
  image: string,
  input: ImageInput = 'base-image'
): Failure | undefined {
  const subject = `${SUBJECT[input]} ${image}`
  if (/toomanyrequests|429 Too Many Requests/i.test(output)) {
    return new Failure(
      'registry',
      `${subject} could not be pulled: the rate limit of its registry is exceeded.`,
      {
        fix: `Run docker/login-action before, which raises the limit; use a \`${input}\` of another registry or of a mirror; or run the job again later.`,
        evidence: lastLines(output, 10)
      }
    )
  }
  const pull =
    /(pull access denied|manifest unknown|failed to resolve source metadata|not found|manifest for .{0,300} not found|no matching manifest|unauthorized|authentication required|no basic auth credentials)/
  if (!pull.test(output)) return undefined
  const platform = /no matching manifest for (\S+)/.exec(output)?.[1]
  if (platform !== undefined && input === 'image') {
    return new Failure('image', `${subject} has nothing for ${platform}, the platform of this runner.`, {
      fix: 'Use a runner of a platform that the image has (for arm64 `runs-on: ubuntu-24.04-arm`), or build the image for that platform, too.',
      evidence: lastLines(output, 10)
    })
  }
  return new Failure('image', `${subject} could not be pulled.`, {
    fix: `Check the name in \`${input}\`; for a private image, run docker/login-action before.`,
    evidence: lastLines(output, 10)
  })
}
