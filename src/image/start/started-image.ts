import { cp, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../../docker/context.js'
import { dockerFailure } from '../../docker/failure.js'
import { namesOf } from '../../docker/names.js'
import { runBuild } from '../build.js'
import type { Recording } from './recording.js'

type Settings = Pick<Recording, 'environment' | 'written'>

/** Returns the name of the image with what its start command sets and writes; that of the image itself where this is nothing. */
export async function withStartSettings(
  { docker, id, work }: Pick<Context, 'docker' | 'id' | 'work'>,
  image: string,
  user: string,
  settings: Settings | undefined
): Promise<string> {
  const { environment = {}, written = new Map<string, string>() } = settings ?? {}
  if (Object.keys(environment).length === 0 && written.size === 0) return image
  const name = namesOf(id).image('started')
  const folder = path.join(work, `started-${id}`)
  await mkdir(folder)
  await writeFile(path.join(folder, 'Dockerfile'), dockerfileOf(image, user, { environment, written }))
  for (const copy of written.values())
    await cp(copy, path.join(folder, path.basename(copy)), { recursive: true, preserveTimestamps: true })
  const command = ['build', '--tag', name, '--force-rm', '--', folder]
  const built = await runBuild(docker, command, {})
  if (built.exitCode !== 0) throw dockerFailure(command, built)
  return name
}

/** Returns a Dockerfile that adds variables and files to an image. */
export function dockerfileOf(image: string, user: string, { environment, written }: Settings): string {
  const quoted = (value: string): string => `"${value.replaceAll(/["\\$]/g, '\\$&')}"`
  return [
    `FROM ${image}`,
    ...[...written].map(
      ([target, copy]) => `COPY --chown=${user} ${JSON.stringify([path.basename(copy), target])}`
    ),
    ...Object.entries(environment).map(([name, value]) => `ENV ${name}=${quoted(value)}`)
  ]
    .map((line) => `${line}\n`)
    .join('')
}
