import type { HttpRequest } from '../probe/request.js'
import type { Milliseconds } from '../lib/values.js'
import { ratioIsKnown, type Runs } from './runs.js'
import { figuresOf, type Figures, type Start } from './figures.js'
import { proveRestore, startNormally, startWithArchive } from './prove.js'
import type { StartContext } from '../docker/started-container.js'
import type { Load, StartRequest } from './timed-start.js'

/** Number of requests that are timed after the first successful response, if the restored application is fast. */
const FIRST_REQUESTS = 100

/** Limit for the requests to the first restore; every later start gets as many as were sent in it. */
const FIRST_LIMIT: Milliseconds = 2000

/** Limit for the same number of requests to a start whose code is not warm. */
const LATER_LIMIT: Milliseconds = 30_000

/** The load for the first restore of a series: as many requests as it responds to in a short time. */
export function firstLoad(request: HttpRequest): Load {
  return { request, count: FIRST_REQUESTS, limit: FIRST_LIMIT }
}

/**
 * Times restores, as many cold starts, and as many with the archive if there is one, alternately, so that other load on the
 * machine affects all of them. It stops before the maximum of `runs` if the ratio of restores and cold starts is known by then. `first` is the first restore, which was made already.
 */
export async function measureSeries(
  context: StartContext,
  request: StartRequest,
  { first, runs, archive }: { first: Start; runs: Runs; archive: boolean },
  onRun: (line: string) => void
): Promise<Figures> {
  const { load, ...bare } = request
  const count = first.requests?.count
  const later: StartRequest =
    load && count !== undefined ? { ...bare, load: { ...load, count, limit: LATER_LIMIT } } : bare
  const restores: Start[] = []
  const coldStarts: Start[] = []
  const archiveStarts: Start[] = []
  for (let run = 1; run <= runs.most; run++) {
    const restore = run === 1 ? first : await proveRestore(context, later)
    const coldStart = await startNormally(context, later)
    restores.push(restore)
    coldStarts.push(coldStart)
    const trained = archive ? await startWithArchive(context, bare) : undefined
    if (trained) archiveStarts.push(trained)
    const of = runs.least < runs.most ? `at most ${runs.most}` : runs.most
    onRun(`Run ${run} of ${of}: ${line(restore, coldStart)}${withArchive(trained)}.`)
    if (run >= runs.least && run < runs.most && ratioIsKnown(restores, coldStarts)) {
      onRun(`${run} runs are enough: the ratio of cold start and restore differs by less than a quarter.`)
      break
    }
  }
  return figuresOf(restores, coldStarts, archiveStarts)
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

function withArchive(start: Start | undefined): string {
  return start ? `, with the archive in ${start.answer} ms${inside(start)}` : ''
}

function inside({ criu, jvm }: Start): string {
  const parts = [
    ...(criu === undefined ? [] : [`CRIU: ${criu} ms`]),
    ...(jvm === undefined ? [] : [`the JVM: ${jvm} ms`])
  ]
  return parts.length > 0 ? ` (${parts.join(', ')})` : ''
}
