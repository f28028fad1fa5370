import { runOnce } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { Milliseconds } from '../lib/values.js'

const READ_TIMEOUT: Milliseconds = 60_000

/** Returns the text of files of an image, one after the other; undefined where one of them cannot be read. */
export async function textOfFiles(
  docker: Docker,
  { run, image }: { run: string; image: string },
  ...files: string[]
): Promise<string | undefined> {
  const container = { run, image, flags: [], program: 'cat', args: files }
  const { exitCode, stdout } = await runOnce(docker, container, READ_TIMEOUT)
  return exitCode === 0 ? stdout : undefined
}
