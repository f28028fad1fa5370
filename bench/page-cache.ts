import { run } from '../lab/command.js'
import type { Bench } from './bench.js'

/** What `dropPages` does, for the conditions of a measurement. */
export const HOW_DROPPED =
  'Cold pages: before each start the pages of every file under /opt of the image (the snapshot, the JDK, the application) are dropped from the page cache by posix_fadvise(POSIX_FADV_DONTNEED), with `dd iflag=nocache count=0` in a container of the image. The pages of /usr stay, and what caches below the kernel of this machine is not touched.'

/**
 * Drops the pages of the image's files under /opt from the page cache of the engine's machine. The overlay file system hands
 * the advice on to the files of the layers. Pages that a running container has mapped stay.
 */
export async function dropPages({ world }: Bench, image: string): Promise<void> {
  // Pages that are not yet on the disk would stay.
  const script =
    'sync -f /opt && find /opt -xdev -type f -exec sh -c \'for file; do dd if="$file" iflag=nocache count=0 status=none; done\' sh {} +'
  const command = ['run', '--rm', '--user', '0', '--entrypoint', 'sh', image, '-c', script]
  await run('docker', command, { env: world.environment })
}
