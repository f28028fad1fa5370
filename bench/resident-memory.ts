import { readdir, readFile, readlink } from 'node:fs/promises'
import { run } from '../lab/command.js'
import type { Bench } from './bench.js'
import { answer, NO_FALLBACK, sendRequests, withContainer } from './timed-start.js'

/** What `replicas` measures, for the conditions of a measurement. */
export const HOW_RESIDENT =
  'Resident memory: of all processes of the containers, from /proc/PID/smaps_rollup. Private is Private_Clean + Private_Dirty, the pages that one process alone has mapped. In all is Pss, in which a page that N processes have mapped counts 1/N for each, so that the sum over all containers counts it once. Shared is the difference of both sums. Pages of files that are in the page cache, but mapped by no process, are not counted: the kernel may drop them.'

/** Resident memory of some containers together, in bytes. */
export interface Resident {
  /** With every page counted once. */
  all: number
  /** Pages that only one process has. */
  private: number
  /** Anonymous memory, which is a part of `all` and can only be swapped out. */
  anonymous: number
  /** Address space that is a mapping of a file of pages of the snapshot. */
  mapped: number
}

/** States of containers in which their memory is measured, in this order. */
export const STATES = {
  first: 'the first response',
  busy: '1000 requests',
  whole: 'a read of the whole heap'
}

type States = Record<keyof typeof STATES, Resident>

export interface Replicas {
  /** One container alone. */
  one: States
  /** All containers together. */
  all: States
}

/** Measures one container of an image, then `count` new ones together, each after the same requests. */
export async function replicas(bench: Bench, image: string, count: number): Promise<Replicas> {
  return { one: await together(bench, image, 1), all: await together(bench, image, count) }
}

async function together(bench: Bench, image: string, count: number, urls: URL[] = []): Promise<States> {
  if (urls.length < count) {
    const name = nameOf(bench, urls.length)
    return await withContainer(bench, name, [...NO_FALLBACK, image], async (_, url) => {
      await run('docker', ['start', name], { env: bench.world.environment })
      await answer(url)
      return await together(bench, image, count, [...urls, url])
    })
  }
  const names = urls.map((_, index) => nameOf(bench, index))
  const first = await residentOf(bench, names)
  for (const url of urls) await sendRequests(url)
  const busy = await residentOf(bench, names)
  for (const url of urls) await answer(new URL('/all', url))
  return { first, busy, whole: await residentOf(bench, names) }
}

function nameOf({ id }: Bench, replica: number): string {
  return `bench-${id}-replica-${replica}`
}

async function residentOf({ world }: Bench, names: string[]): Promise<Resident> {
  const format = ['inspect', '--format', '{{.State.Pid}}', ...names]
  const first = (await run('docker', format, { env: world.environment })).split('\n')
  const namespaces = new Set(await Promise.all(first.map(namespaceOf)))
  const sum: Resident = { all: 0, private: 0, anonymous: 0, mapped: 0 }
  for (const pid of await readdir('/proc')) {
    const namespace = /^\d+$/.test(pid) ? await namespaceOf(pid).catch(() => undefined) : undefined
    if (namespace === undefined || !namespaces.has(namespace)) continue
    const one = parseRollup(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'))
    for (const part of ['all', 'private', 'anonymous'] as const) sum[part] += one[part]
    sum.mapped += mappedPages(await readFile(`/proc/${pid}/maps`, 'utf8'))
  }
  return sum
}

/** Processes of one container are in the same namespace of process ids. */
async function namespaceOf(pid: string): Promise<string> {
  return await readlink(`/proc/${pid}/ns/pid`)
}

/** Reads the sums of a process from the text of its smaps_rollup (proc_pid_smaps(5)). */
export function parseRollup(text: string): Omit<Resident, 'mapped'> {
  const bytes = (name: string): number => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
    if (kilobytes === undefined) throw new Error(`no ${name} in ${text}`)
    return Number(kilobytes) * 1024
  }
  return {
    all: bytes('Pss'),
    private: bytes('Private_Clean') + bytes('Private_Dirty'),
    anonymous: bytes('Pss_Anon')
  }
}

/** Adds up the mappings of files of pages in the text of a process's maps, in bytes. */
export function mappedPages(text: string): number {
  return [...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) .*\/pages-\d+\.img$/gm)].reduce(
    (sum, [, from = '', to = '']) => sum + parseInt(to, 16) - parseInt(from, 16),
    0
  )
}
