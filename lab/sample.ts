import path from 'node:path'
import { PROJECT } from './home.js'
import { ensureMavenBuild } from './maven.js'
import type { Progress } from './progress.js'

/** LAB_CONTEXT, or the sample application, built by Maven. */
export async function ensureSample(
  name: string,
  environment: NodeJS.ProcessEnv,
  progress: Progress
): Promise<string> {
  const given = process.env['LAB_CONTEXT']
  if (given) return path.resolve(given)
  const sources = path.join(PROJECT, 'samples', name)
  await ensureMavenBuild(sources, environment, progress)
  return path.join(sources, 'target/docker/main')
}
