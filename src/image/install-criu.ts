import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { keepIn, type Context } from '../docker/context.js'
import { pairs, runBuild } from './build.js'
import { toolsFailure } from './build-failure.js'

/** The stage of docker/Dockerfile that has CRIU, and the only file that it copies. */
const STAGE = 'criu'
const SCRIPT = 'tools/install-packages.sh'

/** Part of the line of the script about an image with CRIU that it does not use. */
const REFUSED = /crac-checkpoint: (?:packages are installed|criu-image is not used)/

/** Returns the build arguments of the stage. */
export function criuArgs(baseImage: string, criuImage: string | undefined): Record<string, string> {
  return { BASE_IMAGE: baseImage, ...(criuImage === undefined ? {} : { CRIU_IMAGE: criuImage }) }
}

/**
 * Installs CRIU on the base image into the build cache of Docker, before the other files of the build are there. Throws a Failure
 * that the script reports. Any other problem is left to the build of the images, which repeats the step: the classic builder has
 * no such build, for example.
 */
export async function installCriu(
  context: Pick<Context, 'id' | 'docker' | 'work' | 'logs' | 'log' | 'hiding'>,
  dockerFolder: string,
  { baseImage, criuImage }: { baseImage: string; criuImage: string | undefined }
): Promise<void> {
  const folder = path.join(context.work, `criu-${context.id}`)
  await mkdir(path.join(folder, path.dirname(SCRIPT)), { recursive: true })
  for (const name of ['Dockerfile', SCRIPT]) await cp(path.join(dockerFolder, name), path.join(folder, name))
  const command = [
    ...['build', '--target', STAGE, '--output', 'type=cacheonly'],
    ...pairs('--build-arg', criuArgs(baseImage, criuImage)),
    ...['--', folder]
  ]
  // Other steps are in the log at the same time.
  const { exitCode, stdout, stderr } = await runBuild(context.docker, command, {
    keep: keepIn(context, 'build-criu.log'),
    onLine: (line) => {
      if (REFUSED.test(line)) context.log.untrusted(line)
    }
  })
  const failure = exitCode === 0 ? undefined : toolsFailure(`${stdout}\n${stderr}`)
  if (failure) throw failure
}
