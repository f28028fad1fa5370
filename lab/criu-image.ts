import path from 'node:path'
import { run } from './command.js'
import { PROJECT } from './home.js'
import type { World } from './world.js'

/**
 * Returns LAB_CRIU_IMAGE, or builds docker/criu on the base image, and pushes it to the registry of the lab. Returns its name with its
 * digest; Docker does not have it afterwards.
 */
export async function ensureCriuImage({
  environment,
  baseImage,
  registry
}: Pick<World, 'environment' | 'baseImage' | 'registry'>): Promise<string> {
  const given = process.env['LAB_CRIU_IMAGE']
  if (given) return given
  const docker = async (...args: string[]): Promise<string> =>
    (await run('docker', args, { env: environment })).trim()
  const repository = `${registry}/lab/criu`
  const name = `${repository}:built`
  const source = path.join(PROJECT, 'docker/criu')
  await docker('build', '--quiet', '--build-arg', `DEBIAN_IMAGE=${baseImage}`, '--tag', name, source)
  await docker('push', '--quiet', name)
  const names = await docker('image', 'inspect', '--format', '{{join .RepoDigests " "}}', name)
  const pushed = names.split(' ').find((one) => one.startsWith(`${repository}@`))
  if (pushed === undefined) throw new Error(`Docker has no digest of ${name}`)
  await docker('image', 'rm', '--force', name, pushed)
  return pushed
}
