import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Header } from 'tar-stream'
import type { Context } from '../../docker/context.js'
import { dockerFailure } from '../../docker/failure.js'
import { namesOf } from '../../docker/names.js'
import { PRIVATE_FILE } from '../../lib/modes.js'
import { runBuild } from '../build.js'
import { tarOfLayer, type LayerContent, type LayerPlan } from '../layer-tar.js'
import type { Recording } from './recording.js'
import type { WrittenFiles } from './written-files.js'

type Settings = Pick<Recording, 'environment' | 'written'>

/** Archive of the written files in the build context. */
const ARCHIVE = 'written.tar'

/** Returns the name of the image with what its start command sets and writes; that of the image itself where this is nothing. */
export async function withStartSettings(
  { docker, id, work }: Pick<Context, 'docker' | 'id' | 'work'>,
  image: string,
  user: string,
  settings: Settings | undefined
): Promise<string> {
  const { environment = {}, written = new Map<string, never>() } = settings ?? {}
  if (Object.keys(environment).length === 0 && written.size === 0) return image
  const name = namesOf(id).image('started')
  const folder = path.join(work, `started-${id}`)
  await mkdir(folder)
  await writeFile(path.join(folder, 'Dockerfile'), dockerfileOf(image, { environment, written }))
  await pipeline(
    tarOfLayer(layerOf(written, user)),
    createWriteStream(path.join(folder, ARCHIVE), { mode: PRIVATE_FILE })
  )
  const command = ['build', '--tag', name, '--force-rm', '--', folder]
  const built = await runBuild(docker, command, {})
  if (built.exitCode !== 0) throw dockerFailure(command, built)
  return name
}

/** Returns a Dockerfile that adds variables and files to an image. */
export function dockerfileOf(image: string, { environment, written }: Settings): string {
  const quoted = (value: string): string => `"${value.replaceAll(/["\\$]/g, '\\$&')}"`
  return [
    `FROM ${image}`,
    // COPY would need a layer for each file, and gives a new folder a mode of its own. ADD unpacks the archive.
    ...(written.size === 0 ? [] : [`ADD ${ARCHIVE} /`]),
    ...Object.entries(environment).map(([name, value]) => `ENV ${name}=${quoted(value)}`)
  ]
    .map((line) => `${line}\n`)
    .join('')
}

/** Returns the layer with written files, which belong to a user `uid:gid`. */
function layerOf(written: WrittenFiles, user: string): LayerPlan {
  const [uid = 0, gid = 0] = user.split(':').map(Number)
  const files = [...written].map(([file, one]) => ({ ...one, name: file.slice(1) }))
  return {
    headers: files.map(
      ({ name, type, mode, mtime, size }) => ({ name, type, mode, mtime, size, uid, gid }) as Header
    ),
    contents: async function* (): AsyncGenerator<LayerContent> {
      for (const { name, size, copy } of files)
        if (copy !== undefined && size > 0)
          yield await Promise.resolve({ name, bytes: createReadStream(copy) })
    }
  }
}
