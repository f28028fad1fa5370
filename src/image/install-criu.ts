import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { keepIn, type Context } from '../docker/context.js'
import { runBuild } from './build.js'
import { toolsFailure } from './build-failure.js'

/** The stage of docker/Dockerfile that has CRIU, and the only file that it copies. */
const STAGE = 'criu'
const SCRIPT = 'tools/install-packages.sh'

/**
 * Installs CRIU on the base image into the build cache of Docker, before the other files of the build are there. Throws a Failure
 * that the script reports. Any other problem is left to the build of the images, which repeats the step: the classic builder has
 * no such build, for example.
 */
export async function installCriu(
  context: Pick<Context, 'id' | 'docker' | 'work' | 'logs' | 'log' | 'hiding'>,
  dockerFolder: string,
  baseImage: string
): Promise<void> {
  const folder = path.join(context.work, `criu-${context.id}`)
  await mkdir(path.join(folder, path.dirname(SCRIPT)), { recursive: true })
  for (const name of ['Dockerfile', SCRIPT]) await cp(path.join(dockerFolder, name), path.join(folder, name))
  const command = [
    ...['build', '--target', STAGE, '--output', 'type=cacheonly'],
    ...['--build-arg', `BASE_IMAGE=${baseImage}`, '--', folder]
  ]
  // Other steps are in the log at the same time.
  const { exitCode, stdout, stderr } = await runBuild(context.docker, command, {
    keep: keepIn(context, 'build-criu.log')
  })
  const failure = exitCode === 0 ? undefined : toolsFailure(`${stdout}\n${stderr}`)
  if (failure) throw failure
}
