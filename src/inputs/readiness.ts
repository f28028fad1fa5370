import { healthPath } from '../application/frameworks.js'
import type { Libraries } from '../application/libraries.js'
import type { Readiness } from '../probe/readiness.js'
import type { Inputs } from './inputs.js'

/** Returns how to find out that the application is ready: what the inputs say, and the health check of its framework. */
export function readinessOf(
  { readyUrl, readyCommand, readyLog }: Inputs,
  libraries: Libraries | undefined
): Readiness {
  return { url: readyUrl, command: readyCommand, log: readyLog, health: healthPath(libraries) }
}
