import { findHealth } from '../application/health.js'
import type { ImageParts } from '../image/parts.js'
import type { Readiness } from '../probe/readiness.js'
import type { Inputs } from './inputs.js'

/** Returns how to find out that the application is ready: what the inputs say, and the health check of its framework. */
export async function readinessOf(
  inputs: Inputs,
  { application, libraries, base }: Pick<ImageParts, 'application' | 'libraries' | 'base'>
): Promise<Readiness> {
  const { readyUrl, readyCommand, readyLog, port } = inputs
  const health = await findHealth(
    libraries,
    { ...inputs, application, env: { ...base.environment, ...inputs.env } },
    port
  )
  return { url: readyUrl, command: readyCommand, log: readyLog, ...health }
}
