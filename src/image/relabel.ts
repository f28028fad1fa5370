import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Docker, Listeners } from '../docker/docker.js'
import { dockerFailure } from '../docker/failure.js'
import { idOf, pairs, runBuild } from './build.js'

/**
 * Adds labels to an image, and returns the id of the new image, which gets the name. The layers stay the same; the
 * configuration, and so the id, changes. `work` is an existing folder of the run.
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
  // Without a name, the old image would stay forever. Docker engines that keep it as the parent of the new image refuse, and
  // remove both together later.
  await docker.attempt(['image', 'rm', image.id])
  return id
}
