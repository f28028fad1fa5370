import { statfs } from 'node:fs/promises'
import { attempt } from '../lab/command.js'
import { labHome } from '../lab/home.js'
import { runAction } from './action.js'
import type { Bench } from './bench.js'
import { heapInputs, type Kind } from './heap-application.js'

/** Free disk that a run without a push needs, in sizes of its heap: snapshot, commit, build cache, image. */
const SPACE = 4

/** Inputs with which the action makes an image and pushes nothing, restores it once, and times and scans nothing. */
const IMAGE_ONLY = { push: 'false', verify: 'false', 'secret-scan': 'off' }

export type Memory = 'mapped' | 'loaded'

/** An image with a heap of a size in MB. */
export interface HeapImage {
  megabytes: number
  memory: Memory
  image: string
  /** Size of its snapshot in bytes. */
  snapshot: number
  /** Reason of the action for not mapping its heap; undefined where it is mapped. */
  loadedBecause: string | undefined
}

/** Makes an image of bench/applications/Heap.java; undefined where the disk has too little space. */
export async function heapImage(
  bench: Bench,
  context: string,
  of: { kind: Kind; megabytes: number; memory: Memory }
): Promise<HeapImage | undefined> {
  const { kind, megabytes, memory } = of
  const { bavail, bsize } = await statfs(labHome())
  if (bavail * bsize < megabytes * 1024 * 1024 * SPACE) return undefined
  bench.progress(`${megabytes} MB of ${kind}, ${memory}`)
  const tag = `${bench.world.registry}/bench/heap-${kind}:${bench.id}-${megabytes}-${memory}`
  const inputs = { ...IMAGE_ONLY, context, memory, ...heapInputs(megabytes, 0, kind) }
  const { metadata } = await runAction(bench, tag, inputs, { keep: true })
  const { size, content } = metadata.snapshot
  const loadedBecause = content === null ? 'its content cannot be read' : content.restore.loadedBecause
  return { megabytes, memory, image: tag, snapshot: size, loadedBecause: loadedBecause ?? undefined }
}

/** Removes the images from the engine. */
export async function removeImages({ world }: Bench, images: HeapImage[]): Promise<void> {
  if (images.length === 0) return
  const names = images.map(({ image }) => image)
  await attempt('docker', ['image', 'rm', '--force', ...names], { env: world.environment })
}
