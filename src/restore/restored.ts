import { ImageFormatError, readRestoreTime } from '../checkpoint/criu-images.js'
import type { Engine } from '../engine/docker.js'
import type { Milliseconds } from '../values.js'

/**
 * The entry script's mark of a restore: the id of the process that CRIU brought back, or `warp`. Whatever else answers
 * has no such process. The second line is CRIU's statistics.
 */
const MARKS = `
id=$(cat /dev/shm/crac-restored) && [ -n "$id" ] && { [ "$id" = warp ] || [ -d "/proc/$id" ]; } || exit 1
echo restored
base64 -w 0 "\${HOME:-/tmp}/stats-restore" || true`

const TIMEOUT: Milliseconds = 30_000

/** What a container shows of its restore; undefined if what runs in it was not restored. */
export async function restoreIn(
  engine: Engine,
  container: string
): Promise<{ criu: Milliseconds | undefined } | undefined> {
  const { exitCode, stdout } = await engine.attempt(['exec', container, 'sh', '-c', MARKS], {
    timeout: TIMEOUT
  })
  const [mark, statistics = ''] = stdout.split('\n')
  if (exitCode !== 0 || mark !== 'restored') return undefined
  return { criu: statistics === '' ? undefined : restoreTime(statistics) }
}

function restoreTime(statistics: string): Milliseconds | undefined {
  try {
    return Math.round(readRestoreTime(Buffer.from(statistics, 'base64')))
  } catch (error) {
    if (error instanceof ImageFormatError) return undefined
    throw error
  }
}
