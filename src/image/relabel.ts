import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Docker, Listeners } from '../docker/docker.js'
import { dockerFailure } from '../docker/failure.js'
import { idOf, pairs, runBuild } from './build.js'

/**
 * Gives an image more labels: its layers stay, its configuration and so its id are new. The name moves to the new image; gives its id.
 * `work` is an existing folder of the run.
 */
export async function relabelImage(
  docker: Docker,
  image: { name: string; id: string; labels: Record<string, string> },
  work: string,
  output: Listeners
): Promise<string> {
  const folder = path.join(work, 'relabel')
  await mkdir(folder)
  await writeFile(path.join(folder, 'Dockerfile'), `FROM ${image.name}\n`)
  const options = ['--tag', image.name, ...pairs('--label', image.labels)]
  const command = ['build', ...options, '--', folder]
  const result = await runBuild(docker, command, output)
  if (result.exitCode !== 0) throw dockerFailure(command, result)
  await rm(folder, { recursive: true })
  const id = await idOf(docker, image.name)
  // Without its name it would stay for ever. Engines that keep it as the parent of the other refuse, and remove both together.
  await docker.attempt(['image', 'rm', image.id])
  return id
}
