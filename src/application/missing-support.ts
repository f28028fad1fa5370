import type { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { Failure } from '../lib/errors.js'
import { FRAMEWORKS, NO_FRAMEWORK } from './frameworks.js'
import type { Libraries } from './libraries.js'

/** The refusal of a checkpoint, with the part that is missing where a server still listens because of that. */
export function explainMissingSupport(refused: OpenResources, libraries: Libraries): Failure {
  const framework = FRAMEWORKS.find(({ library }) => libraries.has(library))
  const { support, fix } = framework ?? NO_FRAMEWORK
  if (!refused.resources.some(({ listens }) => listens) || libraries.has(support)) return refused
  const without = framework
    ? `${framework.name} is on the class path, but ${support.coordinates} is not, without which nothing stops its server.`
    : `${support.coordinates} is not on the class path.`
  return new Failure(refused.category, `${refused.message} ${without}`, {
    fix,
    evidence: refused.evidence,
    signature: refused.signature,
    cause: refused
  })
}
