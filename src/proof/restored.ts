import type { Docker } from '../docker/docker.js'
import { dockerFailure } from '../docker/failure.js'
import type { Clock } from '../lib/clock.js'
import { RESTORED_MARK } from '../lib/image-paths.js'
import type { Milliseconds } from '../lib/values.js'
import { checksFor, portChecks, type Check, type Readiness, type Target } from '../probe/readiness.js'
import type { Serves } from '../probe/responds.js'
import { ImageFormatError } from '../snapshot/image-format.js'
import { readRestoreTime } from '../snapshot/statistics.js'

/** Time for which a restored application without a port has to live after its first line: a broken one ends at once. */
const LIVES: Milliseconds = 1000

/** Exit code of the check for a process that was not restored; `docker exec` itself never has it, not even without the container. */
const NOT_RESTORED = 3

/**
 * Waits, for $1 seconds at most, for the process id that CRIU writes at the end of a restore, or `warp`, which the entry script
 * writes: only a restored process has that id. Prints CRIU's statistics.
 */
const CHECK_RESTORED = `
restored() { id=$(cat "$HOME/${RESTORED_MARK}"* 2>/dev/null) && [ -n "$id" ] && { [ "$id" = warp ] || [ -d "/proc/$id" ]; }; }
left=$(($1 * 50))
until restored; do
    [ "$left" -gt 0 ] || exit ${NOT_RESTORED}
    left=$((left - 1))
    sleep 0.02
done
base64 -w 0 "$HOME/stats-restore" 2>/dev/null || true`

/** Time beyond the wait for the mark itself. */
const CHECK_TIMEOUT: Milliseconds = 30_000

/**
 * The checks for a restored application. A line of `ready-log` may not come a second time: with nothing else given, the port
 * responds, or an application without a port logs any line and continues to live. A condition that a container could meet before
 * the restore is complete is checked after it.
 */
export function checksOfRestore(
  readiness: Readiness,
  target: Target,
  serves: Serves,
  clock: Pick<Clock, 'now'>
): Check[] {
  const { url, command, log } = readiness
  const { docker, spec } = target
  const mark: Check = {
    name: 'restore',
    run: async () => ({
      ok: (await restoreIn(docker, spec.name, 1)) !== undefined,
      description: 'CRIU has not finished'
    })
  }
  if (log && !url && !command) {
    if (serves === 'nothing') return [mark, livesAndLogs(target, clock)]
    return portChecks({}, target, serves)
  }
  const checks = checksFor({ ...readiness, log: undefined }, target, serves)
  return command ? [mark, ...checks] : checks
}

/** Holds for an application that has logged the line of `ready-log`, or any line of its own a while ago. */
function livesAndLogs({ log }: Target, clock: Pick<Clock, 'now'>): Check {
  return {
    name: 'output',
    run: () => {
      const [matchedAt, loggedAt] = [log.matchedAt(), log.loggedAt()]
      const at =
        matchedAt ?? (loggedAt !== undefined && clock.now() - loggedAt >= LIVES ? loggedAt : undefined)
      return Promise.resolve(
        at === undefined
          ? {
              ok: false,
              description: loggedAt === undefined ? 'it wrote no line' : 'it lives too short a time'
            }
          : { ok: true, description: 'it wrote a line', at }
      )
    }
  }
}

/**
 * Returns CRIU's time for the restore, where it is known; undefined if no process in the container was restored within the limit.
 */
export async function restoreIn(
  docker: Docker,
  container: string,
  limit: Milliseconds
): Promise<{ criu: Milliseconds | undefined } | undefined> {
  const seconds = Math.ceil(limit / 1000)
  const command = ['exec', container, 'sh', '-c', CHECK_RESTORED, 'sh', String(seconds)]
  const result = await docker.attempt(command, { timeout: CHECK_TIMEOUT + limit })
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
