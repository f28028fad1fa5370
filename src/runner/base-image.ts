import type { Docker } from '../docker/docker.js'
import { dockerFailure, lastLines } from '../docker/failure.js'
import { Failure } from '../lib/errors.js'
import { jsonOf } from '../lib/json.js'
import type { Architecture } from '../jdk/asset.js'
import { architectureOf } from './docker-facts.js'

/** The architecture of an image; one that there is no CRaC JDK for is refused. */
export async function imageArchitecture(
  docker: Docker,
  image: string,
  onLine: (line: string) => void
): Promise<Architecture> {
  const name = await ensureBaseImage(docker, image, onLine)
  const architecture = architectureOf(name)
  if (architecture) return architecture
  throw new Failure('image', `There is no CRaC JDK for ${image}, an image for ${name}.`, {
    fix: 'Use a `base-image` for x86-64 or arm64.'
  })
}

/**
 * Makes sure that the engine has the image, with `refresh` the newest one; one that cannot be pulled is refused. Returns
 * its architecture.
 */
export async function ensureBaseImage(
  docker: Docker,
  image: string,
  onLine: (line: string) => void,
  refresh = false
): Promise<string> {
  const inspect = ['image', 'inspect', '--format', '{{.Architecture}} {{len .RepoDigests}}', '--', image]
  const known = await docker.attempt(inspect)
  const [architecture = '', digests] = known.stdout.trim().split(' ')
  // An image that was made here is from no registry, and as new as it gets.
  if (known.exitCode === 0 && (!refresh || digests === '0')) return architecture
  const pull = ['pull', '--quiet', '--', image]
  const pulled = await docker.attempt(pull, { onLine })
  // Better the one of yesterday than none.
  if (pulled.exitCode !== 0 && known.exitCode === 0) return architecture
  if (pulled.exitCode !== 0) {
    const output = `${pulled.stdout}\n${pulled.stderr}`
    throw (
      baseImageFailure(output, image) ??
      dockerFailure(pull, pulled, PULL_FIX).of(`The base image ${image} could not be pulled`)
    )
  }
  return (await docker.run(inspect)).split(' ')[0] ?? ''
}

const PULL_FIX =
  'Check the name in `base-image`, and that the engine (not only this machine) reaches its registry: DNS, a proxy, a mirror. For a private image, run docker/login-action before.'

/** The registry's digest of an image that the engine has, or its id where it is from no registry. */
export async function imageDigest(docker: Docker, image: string): Promise<string> {
  const inspect = [
    'image',
    'inspect',
    '--format',
    '{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}'
  ]
  const known = await docker.run([...inspect, '--', image])
  return known.slice(known.indexOf('@') + 1)
}

/** The environment of an image that the engine has, `NAME=value` each. */
export async function imageEnvironment(docker: Docker, image: string): Promise<string[]> {
  const format = ['image', 'inspect', '--format', '{{json .Config.Env}}', '--', image]
  return (jsonOf(await docker.run(format)) ?? []) as string[]
}

/** What it means that an image could not be pulled; undefined where the output says nothing of that. */
export function baseImageFailure(output: string, image: string): Failure | undefined {
  if (/toomanyrequests|429 Too Many Requests/i.test(output)) {
    return new Failure(
      'registry',
      `The base image ${image} could not be pulled: the rate limit of its registry is used up.`,
      {
        fix: 'Run docker/login-action before, which raises the limit; use a `base-image` of another registry or of a mirror; or run the job again later.',
        evidence: lastLines(output, 10)
      }
    )
  }
  const pull =
    /(pull access denied|manifest unknown|failed to resolve source metadata|not found|manifest for .* not found|no matching manifest|unauthorized|authentication required|no basic auth credentials)/
  if (!pull.test(output)) return undefined
  return new Failure('image', `The base image ${image} could not be pulled.`, {
    fix: 'Check the name in `base-image`; for a private image, run docker/login-action before.',
    evidence: lastLines(output, 10)
  })
}
