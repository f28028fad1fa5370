import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Engine, Listeners } from '../engine/docker.js'
import { engineFailure } from '../engine/failure.js'
import { idOf, pairs, runBuild } from './build.js'

/**
 * Gives an image more labels: its layers stay, its configuration and so its id are new. The name moves to the new image; gives its id.
 * `work` is an existing folder of the run.
 */
export async function relabelImage(
  engine: Engine,
  image: { name: string; id: string; labels: Record<string, string> },
  work: string,
  output: Listeners
): Promise<string> {
  const folder = path.join(work, 'relabel')
  await mkdir(folder)
  await writeFile(path.join(folder, 'Dockerfile'), `FROM ${image.name}\n`)
  const options = ['--tag', image.name, ...pairs('--label', image.labels)]
  const command = ['build', ...options, '--', folder]
  const result = await runBuild(engine, command, output)
  if (result.exitCode !== 0) throw engineFailure(command, result)
  await rm(folder, { recursive: true })
  const id = await idOf(engine, image.name)
  // Without its name it would stay for ever. Engines that keep it as the parent of the other refuse, and remove both together.
  await engine.attempt(['image', 'rm', image.id])
  return id
}
