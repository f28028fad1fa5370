import { setTimeout as sleep } from 'node:timers/promises'
import { attempt, run } from '../lab/command.js'
import { httpGet } from '../lab/http.js'
import { freePort } from '../lab/registry.js'
import { DECLARED_FLAGS } from '../lab/started-image.js'
import type { Bench, Row } from './bench.js'
import { median, type Rounds } from './rounds.js'

/** Variable with which an image that cannot be restored ends: what answers was restored. */
export const NO_FALLBACK = ['--env', 'CRAC_ON_RESTORE_FAILURE=exit']

/** How many requests, one after the other, a start is followed for. */
const REQUESTS = 1000

/** Times of one start, in milliseconds. */
export interface Start {
  /** From the call of `docker start` to the first successful response. */
  fromCall: number
  /** To the same, from the moment at which the engine says that the container started. */
  fromStart: number
  /** From the same moment to the response to the 1000th request; NaN where the start was not followed. */
  thousandth: number
}

/** Name of a time in the rows of a report. */
const TIMES: Record<keyof Start, string> = {
  fromCall: 'from `docker start` to the first response',
  fromStart: 'from the start of the container to the first response',
  thousandth: `to the response to request ${REQUESTS}`
}

/** Starts a new container, with `command` being the flags, the image and its arguments, and removes it afterwards. */
export async function timeStart(
  bench: Bench,
  command: string[],
  options: { follow?: boolean } = {}
): Promise<Start> {
  const env = bench.world.environment
  return await withContainer(bench, `bench-${bench.id}-start`, command, async (name, url) => {
    const before = { wall: Date.now(), steady: performance.now() }
    // A request before the network is up would not find the container's address, and would not retry for a second.
    await run('docker', ['start', name], { env })
    await answer(url)
    const answered = performance.now()
    if (options.follow) await sendRequests(url, REQUESTS - 1)
    const followed = options.follow ? performance.now() : NaN
    const startedAt = await run('docker', ['inspect', '--format', '{{.State.StartedAt}}', name], { env })
    const started = before.steady + Date.parse(startedAt) - before.wall
    return {
      fromCall: answered - before.steady,
      fromStart: answered - started,
      thousandth: followed - started
    }
  })
}

/** Creates a container that is published on a free port, and removes it after the work; its log is in the error. */
export async function withContainer<T>(
  { world }: Bench,
  name: string,
  command: string[],
  work: (name: string, url: URL) => Promise<T>
): Promise<T> {
  const env = world.environment
  // Known before the start: asking the engine would cost time.
  const port = await freePort()
  const publish = ['--publish', `127.0.0.1:${port}:8080`]
  await run('docker', ['create', '--name', name, ...publish, ...DECLARED_FLAGS, ...command], { env })
  try {
    return await work(name, new URL(`http://127.0.0.1:${port}/`))
  } catch (error) {
    const { stdout, stderr } = await attempt('docker', ['logs', name], { env })
    throw new Error(`${command.join(' ')}: ${String(error)}\n${stdout}${stderr}`, { cause: error })
  } finally {
    await attempt('docker', ['rm', '--force', name], { env })
  }
}

/** Sends a request every 2 ms until the first successful response; an error after a minute. */
export async function answer(url: URL): Promise<void> {
  const deadline = performance.now() + 60_000
  while ((await httpGet(url))?.status !== 200) {
    if (performance.now() > deadline) throw new Error('no answer within 60 s')
    await sleep(2)
  }
}

/** Sends requests, one after the other, each on a connection of its own; one without a successful response again. */
export async function sendRequests(url: URL, requests = REQUESTS): Promise<void> {
  for (let number = 0; number < requests; number++) await answer(url)
}

/** The rows of a comparison of starts: each time of each side, where it was measured. */
export function startRows<Side extends string>(
  starts: Rounds<Side, Start>,
  nameOf: (side: Side) => string,
  times: (keyof Start)[] = ['fromCall', 'fromStart', 'thousandth']
): Row[] {
  const sides = Object.keys(starts) as Side[]
  return times
    .flatMap((time) =>
      sides.map((side) => ({
        name: `${nameOf(side)}, ${TIMES[time]}`,
        unit: 'ms' as const,
        values: starts[side].map((start) => start[time])
      }))
    )
    .filter(({ values }) => !values.some(Number.isNaN))
}

/** Ratio of the medians of a time of two lists of starts. */
export function startRatio(one: Start[], other: Start[], time: keyof Start = 'fromStart'): number {
  const medianOf = (starts: Start[]): number => median(starts.map((start) => start[time]))
  return medianOf(one) / medianOf(other)
}
