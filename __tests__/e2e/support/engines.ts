import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { withEmptyDocker, type EngineOptions } from '../../../lab/docker/empty-docker.js'
import { labHome } from '../../../lab/home.js'
import { docker, dockerAt, world } from './lab.js'

/** A new engine that has the base image and nothing else. */
export async function withEngine<T>(
  options: EngineOptions,
  work: (environment: NodeJS.ProcessEnv) => Promise<T>
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-engine-'))
  const file = path.join(folder, 'base.tar')
  try {
    docker('save', '--output', file, world.baseImage)
    return await withEmptyDocker(
      labHome(),
      async (environment) => {
        dockerAt(environment, 'load', '--input', file)
        return await work(environment)
      },
      options
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}
