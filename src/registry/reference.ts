import { Failure } from '../lib/errors.js'
import { quoted } from '../lib/text.js'

/** A reference to an image in a registry, such as `ghcr.io/acme/hello:crac`. */
export interface Reference {
  readonly text: string
  /** Text without the tag: `ghcr.io/acme/hello`. */
  readonly repository: string
  readonly tag: string
  /** Host and port of the registry: `ghcr.io`; `docker.io` where the text names none. */
  readonly registry: string
  /** Name of the repository at the registry: `acme/hello`. */
  readonly path: string
}

// The grammar of the distribution project: https://pkg.go.dev/github.com/distribution/reference
const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const LONGEST_NAME = 255

/** Parses a reference. Throws a Failure of category `input` for a text that no registry accepts. */
export function parseReference(text: string): Reference {
  if (text.includes('@')) throw refused(text, 'a tag cannot carry a digest', 'Use a name and a tag only.')

  const lastSlash = text.lastIndexOf('/')
  const colon = text.indexOf(':', lastSlash + 1)
  const repository = colon < 0 ? text : text.slice(0, colon)
  const tag = colon < 0 ? 'latest' : text.slice(colon + 1)

  const components = repository.split('/')
  const first = components[0] ?? ''
  const hasDomain = components.length > 1 && (/[.:]/.test(first) || first === 'localhost')
  const path = hasDomain ? components.slice(1) : components

  if (repository.length > LONGEST_NAME)
    throw refused(text, 'the name is too long', 'Use at most 255 characters.')
  // The grammar has ports and numbers that no address can have.
  if (hasDomain && !(DOMAIN.test(first) && URL.canParse(`https://${first}`)))
    throw refused(text, 'the registry is not a host name', SHAPE)
  if (path.some((component) => /[A-Z]/.test(component))) {
    throw refused(
      text,
      'a repository name must be lower case',
      'Use lower case; docker/metadata-action converts names.'
    )
  }
  if (!path.every((component) => PATH_COMPONENT.test(component)))
    throw refused(text, 'the name is not valid', SHAPE)
  if (!TAG.test(tag)) throw refused(text, 'the tag is not valid', SHAPE)
  const registry = hasDomain && first !== 'index.docker.io' ? first : DOCKER_HUB
  const official = registry === DOCKER_HUB && path.length === 1 ? ['library'] : []
  return { text, repository, tag, registry, path: [...official, ...path].join('/') }
}

export const DOCKER_HUB = 'docker.io'

const SHAPE = 'Use the form registry/owner/name:tag, for example ghcr.io/acme/hello:crac.'

function refused(text: string, why: string, fix: string): Failure {
  return new Failure('input', `Invalid input \`tags\`: ${quoted(text)}: ${why}.`, { fix })
}
