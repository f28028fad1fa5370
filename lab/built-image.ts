import { createHash } from 'node:crypto'
import path from 'node:path'
import { attempt, run } from './command.js'
import { hashFolder } from './hash.js'
import { PROJECT } from './home.js'
import type { Progress } from './progress.js'

/** An image built in the engine from lab/NAME on top of a base image, and kept until that or its base changes. */
export async function ensureBuiltImage(
  name: string,
  environment: NodeJS.ProcessEnv,
  baseImage: string,
  progress: Progress
): Promise<string> {
  const sources = path.join(PROJECT, 'lab', name)
  const base = await imageId(environment, baseImage)
  const hash = createHash('sha256').update(`${base}\0${await hashFolder(sources)}`)
  const image = `crac-checkpoint-lab/${name}:${hash.digest('hex').slice(0, 16)}`
  if ((await attempt('docker', ['image', 'inspect', image], { env: environment })).code !== 0) {
    progress(`Building an image with ${name} (about half a minute, once) ...`)
    const build = ['build', '--tag', image, '--build-arg', `BASE_IMAGE=${baseImage}`, sources]
    await run('docker', build, { env: environment })
  }
  return image
}

/** Pulls the image where the engine does not have it. */
async function imageId(environment: NodeJS.ProcessEnv, image: string): Promise<string> {
  const inspect = ['image', 'inspect', '--format', '{{.Id}}', image]
  const { code, stdout } = await attempt('docker', inspect, { env: environment })
  if (code === 0) return stdout.trim()
  await run('docker', ['pull', '--quiet', image], { env: environment })
  return await run('docker', inspect, { env: environment })
}
