import type { Bench, Finding, Measurement, Row, Target } from '../bench.js'
import { heapApplication, type Kind, KINDS } from '../heap-application.js'
import { heapImage, type HeapImage, type Memory, removeImages } from '../heap-images.js'
import { dropPages, HOW_DROPPED } from '../page-cache.js'
import { HOW_RESIDENT, type Replicas, replicas, STATES } from '../resident-memory.js'
import { byTurns } from '../rounds.js'
import { NO_FALLBACK, type Start, startRatio, startRows, timeStart } from '../timed-start.js'

/** From this size on, in MB, a mapped heap has to be restored in a fifth of the time of the snapshot as dumped. */
const LARGE = 1024

/** Heap whose snapshot is compared with its live data, in MB. */
const COMPARED = 512

const COUNT = 8

const NAMES: Record<Memory, string> = { mapped: 'mapped', loaded: 'as dumped' }

export const heap: Measurement = {
  title: 'restore, with the size of the heap',
  conditions: [
    'bench/applications/Heap.java keeps so many MB of random bytes on its heap: arrays of 64 KB, or objects of 32 bytes. Each request reads 64 KB of them, at another place each time, and writes to one object there. Two images of each size, with `memory: mapped` (the default) and with `memory: loaded` (the snapshot as CRIU dumped it).',
    'Restores: polled every 2 ms from the return of `docker start` until the first successful response, then 999 more requests, one after the other. All sizes and both sides take turns. The page cache is warm (a round before the first is not counted).',
    HOW_DROPPED,
    HOW_RESIDENT
  ],
  run: async (bench) => {
    const context = await heapApplication(bench)
    const findings: Required<Finding>[] = []
    for (const kind of KINDS) findings.push(await measureKind(bench, context, kind))
    return {
      rows: findings.flatMap(({ rows }) => rows),
      targets: findings.flatMap(({ targets }) => targets),
      notes: findings.flatMap(({ notes }) => notes)
    }
  }
}

async function measureKind(bench: Bench, context: string, kind: Kind): Promise<Required<Finding>> {
  const images: HeapImage[] = []
  const notes: string[] = []
  const make = async (megabytes: number, memory: Memory): Promise<void> => {
    const made = await heapImage(bench, context, { kind, megabytes, memory })
    if (made) images.push(made)
    else
      notes.push(`Not measured: ${megabytes} MB of ${kind}, ${NAMES[memory]}: too little space on the disk.`)
  }
  try {
    for (const megabytes of bench.heaps) {
      await make(megabytes, 'mapped')
      await make(megabytes, 'loaded')
    }
    const restored = [...images]
    await make(COMPARED, 'mapped')
    const compared = images.slice(restored.length)
    bench.progress(`restores of ${kind}`)
    const warm = await starts(bench, restored, 5)
    for (const [side, values] of Object.entries(warm.times))
      bench.progress(`${kind}, ${side}: ${values.map(({ fromStart }) => fromStart.toFixed(0)).join(', ')} ms`)
    const large = restored.filter(({ megabytes }) => megabytes === largeOf(bench))
    bench.progress(`restores of ${kind} with cold pages`)
    const cold = await starts(bench, large, 3, async ({ image }) => await dropPages(bench, image))
    const memory = await memoryOf(bench, restored)
    const name = (image: HeapImage): string => `${kind}, ${sizeOf(image)}`
    return {
      rows: [
        ...startRows(warm.times, (side) => name(warm.of(side))),
        ...startRows(cold.times, (side) => `${name(cold.of(side))}, cold pages`, ['fromStart', 'thousandth']),
        ...memory.flatMap(([image, found]) => memoryRows(name(image), found)),
        ...images.map((image) => bytes(`${name(image)}, snapshot`, image.snapshot))
      ],
      targets: [
        ...restored.flatMap((image) => restoreTargets(kind, image, restored, warm.timesOf)),
        ...memory
          .filter(([image]) => image.memory === 'mapped')
          .map(([image, found]) => memoryTarget(name(image), found)),
        ...compared.map((image) => snapshotTarget(kind, image))
      ],
      notes: [...notes, ...memory.flatMap(([image, found]) => mappedNote(name(image), found))]
    }
  } finally {
    await removeImages(bench, images)
  }
}

interface Starts {
  times: Record<string, Start[]>
  of: (side: string) => HeapImage
  timesOf: (image: HeapImage) => Start[]
}

/** Times starts of the images alternately, after what has to be done before each. */
async function starts(
  bench: Bench,
  images: HeapImage[],
  own: number,
  before?: (image: HeapImage) => Promise<void>
): Promise<Starts> {
  const byName = new Map(images.map((image) => [sizeOf(image), image]))
  const sides = [...byName].map(([side, image]) => [
    side,
    async (): Promise<Start> => {
      await before?.(image)
      return await timeStart(bench, [...NO_FALLBACK, image.image], { follow: true })
    }
  ]) as [string, () => Promise<Start>][]
  const times = await byTurns(bench.rounds(own), Object.fromEntries(sides), { warmUp: before === undefined })
  const of = (side: string): HeapImage => byName.get(side) as HeapImage
  return { times, of, timesOf: (image) => times[sizeOf(image)] ?? [] }
}

function sizeOf({ megabytes, memory }: HeapImage): string {
  return `${megabytes} MB, ${NAMES[memory]}`
}

/** The smallest of the large heaps; the largest of all where none is large. */
function largeOf({ heaps }: Bench): number {
  const large = heaps.filter((megabytes) => megabytes >= LARGE)
  return large.length > 0 ? Math.min(...large) : Math.max(...heaps)
}

function restoreTargets(
  kind: Kind,
  image: HeapImage,
  all: HeapImage[],
  timesOf: (image: HeapImage) => Start[]
): Target[] {
  const { megabytes } = image
  if (image.memory !== 'mapped') return []
  const smallest = all.reduce((least, other) => (other.megabytes < least.megabytes ? other : least))
  const dumped = all.find((other) => other.megabytes === megabytes && other.memory === 'loaded')
  const target = (claim: string, other: HeapImage, limit: number): Target => ({
    claim: `${kind}: restore of ${megabytes} MB against ${claim}`,
    ratio: startRatio(timesOf(image), timesOf(other)),
    limit,
    ...(image.loadedBecause === undefined ? {} : { why: `its heap is loaded: ${image.loadedBecause}` })
  })
  return [
    ...(megabytes > smallest.megabytes ? [target(`${smallest.megabytes} MB`, smallest, 1.5)] : []),
    ...(megabytes >= LARGE && dumped ? [target('the snapshot as dumped', dumped, 0.2)] : [])
  ]
}

/** Memory of both sides of the smallest heap, and of the mapped side of the large one: eight loaded ones may not fit. */
async function memoryOf(bench: Bench, images: HeapImage[]): Promise<[HeapImage, Replicas][]> {
  const smallest = Math.min(...bench.heaps)
  const measured: [HeapImage, Replicas][] = []
  for (const image of images) {
    const { megabytes, memory } = image
    if (megabytes !== smallest && (megabytes !== largeOf(bench) || memory !== 'mapped')) continue
    bench.progress(`${COUNT} replicas of ${sizeOf(image)}`)
    measured.push([image, await replicas(bench, image.image, COUNT)])
  }
  return measured
}

function memoryRows(name: string, { one, all }: Replicas): Row[] {
  const rows = (who: string, found: Replicas['one']): Row[] =>
    (Object.keys(STATES) as (keyof typeof STATES)[]).flatMap((state) => [
      bytes(`${name}, ${who} after ${STATES[state]}: in all`, found[state].all),
      bytes(`${name}, ${who} after ${STATES[state]}: private`, found[state].private),
      bytes(`${name}, ${who} after ${STATES[state]}: anonymous`, found[state].anonymous)
    ])
  return [...rows('one replica', one), ...rows(`${COUNT} replicas`, all)]
}

function memoryTarget(name: string, { one, all }: Replicas): Target {
  return {
    claim: `${name}: what ${COUNT} replicas use beside their shared pages, against all of one, after ${STATES.whole}`,
    ratio: all.whole.private / one.whole.all,
    limit: 2,
    why: 'each replica loads what is not Java heap, and allocates: that is its own'
  }
}

function snapshotTarget(kind: Kind, { megabytes, snapshot }: HeapImage): Target {
  return {
    claim: `${kind}: snapshot of a heap of ${megabytes} MB against its live data`,
    ratio: snapshot / (megabytes * 1024 * 1024),
    limit: 1.2
  }
}

function mappedNote(name: string, { one }: Replicas): string[] {
  return [`${name}: ${(one.first.mapped / 1e6).toFixed(0)} MB of its memory are a mapping of the snapshot.`]
}

function bytes(name: string, value: number): Row {
  return { name, unit: 'bytes', values: [value] }
}
