import type { HttpRequest } from '../probe/request.js'
import type { Milliseconds } from '../lib/values.js'
import { figuresOf, type Figures, type Start } from './figures.js'
import { proveRestore, startNormally } from './prove.js'
import type { Load } from './first-requests.js'
import type { StartRequest, World } from './timed-start.js'

/** How many requests after the first good answer are timed, if the restored application is quick. */
const FIRST_REQUESTS = 100

/** As many of them as the first restore answers in this time; every later start then gets that number. */
const FIRST_LIMIT: Milliseconds = 2000

/** For the same number in a start whose code is not warm. */
const LATER_LIMIT: Milliseconds = 30_000

/** For the first restore of a series: as many requests as it answers in a short time. */
export function firstLoad(request: HttpRequest): Load {
  return { request, count: FIRST_REQUESTS, limit: FIRST_LIMIT }
}

/**
 * Times `runs` restores and as many cold starts, by turns, so that whatever else the machine does meets both. The first restore has
 * been made already.
 */
export async function measureSeries(
  world: World,
  request: StartRequest,
  { first, runs }: { first: Start; runs: number },
  onRun: (line: string) => void
): Promise<Figures> {
  const { load, ...bare } = request
  const count = first.requests?.count
  const later: StartRequest =
    load && count !== undefined ? { ...bare, load: { ...load, count, limit: LATER_LIMIT } } : bare
  const restores: Start[] = []
  const coldStarts: Start[] = []
  for (let run = 1; run <= runs; run++) {
    const restore = run === 1 ? first : await proveRestore(world, later)
    const coldStart = await startNormally(world, later)
    restores.push(restore)
    coldStarts.push(coldStart)
    onRun(`Run ${run} of ${runs}: ${line(restore, coldStart)}.`)
  }
  return figuresOf(restores, coldStarts)
}

function line(restore: Start, coldStart: Start): string {
  const parts = [
    `restored in ${restore.answer} ms${inside(restore)}, cold start in ${coldStart.answer} ms${inside(coldStart)}`
  ]
  if (restore.requests && coldStart.requests) {
    const { count, duration } = restore.requests
    parts.push(`then ${count} requests in ${duration} ms and ${coldStart.requests.duration} ms`)
  }
  return parts.join(', ')
}

function inside({ criu, jvm }: Start): string {
  const told = [
    ...(criu === undefined ? [] : [`CRIU: ${criu} ms`]),
    ...(jvm === undefined ? [] : [`the JVM: ${jvm} ms`])
  ]
  return told.length > 0 ? ` (${told.join(', ')})` : ''
}
