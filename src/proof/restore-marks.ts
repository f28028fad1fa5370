import { readRestoreTime } from '../snapshot/statistics.js'
import { ImageFormatError } from '../snapshot/protobuf.js'
import type { Docker } from '../docker/docker.js'
import { dockerFailure } from '../docker/failure.js'
import { RESTORED_FILE } from '../lib/image-paths.js'
import type { Milliseconds } from '../lib/values.js'

/** No exit code of `docker exec` itself, so that a container that has gone is not taken for one that was not restored. */
const NOT_RESTORED = 3

/**
 * The entry script's mark of a restore: the id of the process that CRIU brought back, or `warp`. Whatever else answers
 * has no such process. What is printed are CRIU's statistics.
 */
const MARKS = `
id=$(cat ${RESTORED_FILE}) && [ -n "$id" ] && { [ "$id" = warp ] || [ -d "/proc/$id" ]; } || exit ${NOT_RESTORED}
base64 -w 0 "\${HOME:-/tmp}/stats-restore" || true`

const TIMEOUT: Milliseconds = 30_000

/** What a container shows of its restore; undefined if what runs in it was not restored. */
export async function restoreIn(
  docker: Docker,
  container: string
): Promise<{ criu: Milliseconds | undefined } | undefined> {
  const command = ['exec', container, 'sh', '-c', MARKS]
  const result = await docker.attempt(command, { timeout: TIMEOUT })
  if (result.exitCode === NOT_RESTORED) return undefined
  if (result.exitCode !== 0) throw dockerFailure(command, result)
  const statistics = result.stdout.trim()
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
