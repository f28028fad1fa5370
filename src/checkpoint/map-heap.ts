import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { CRAC_DIR, EVIDENCE_DIR, HEAP_FILES, SCRIPTS } from '../lib/image-paths.js'
import { sizeText } from '../lib/values.js'
import type { SplitPages } from '../snapshot/heap-mapping.js'
import type { HeapPlan } from '../snapshot/read.js'
import type { CheckpointEngine } from './choose-engine.js'
import type { Snapshot } from './take.js'
import { totalSize } from './verify.js'

export interface MemoryInputs {
  memory: 'mapped' | 'loaded'
}

/** Returns the reason not to map the Java heap that is known before the snapshot is read; undefined for none. */
export function reasonToLoad({ memory }: MemoryInputs, engine: CheckpointEngine): string | undefined {
  if (memory === 'loaded') return '`memory` is `loaded`'
  if (engine.name === 'warp') return 'the checkpoint engine is Warp'
  if (engine.kind === 'bundled') return 'the CRIU of the JDK decides itself how it restores memory'
  return undefined
}

/**
 * Changes the snapshot in the checkpoint container so that a restore maps the Java heap and the classes, as planned. Returns the snapshot
 * with its files as they are then; the same snapshot where the heap is loaded.
 */
export async function mapHeap(
  context: Context,
  snapshot: Snapshot,
  plan: HeapPlan | undefined
): Promise<Snapshot> {
  const { docker, id, log, work } = context
  if (!plan || !('mapped' in plan)) {
    log.info(
      `A restore loads the Java heap and the classes: ${plan?.loadedBecause ?? 'the images of CRIU cannot be read'}.`
    )
    return snapshot
  }
  const { images, mapped, loaded } = plan.mapped
  const folder = path.join(work, HEAP_FILES.folder)
  await mkdir(path.join(folder, HEAP_FILES.images), { recursive: true })
  await writeFile(path.join(folder, HEAP_FILES.mapped), listing(mapped))
  await writeFile(path.join(folder, HEAP_FILES.loaded), listing(loaded))
  for (const [name, image] of images) await writeFile(path.join(folder, HEAP_FILES.images, name), image)
  const container = namesOf(id).checkpointContainer
  await docker.run(['cp', folder, `${container}:${EVIDENCE_DIR}/`])
  await docker.run(['exec', container, `${CRAC_DIR}/${SCRIPTS.mapHeap}`, mapped.name, loaded.name])
  log.info(
    `A restore maps ${sizeText(mapped.size)} of the Java heap, its tables and the classes, and loads ${sizeText(loaded.size)}.`
  )

  const sizes = new Map([...images].map(([name, image]) => [name, image.length]))
  sizes.set(mapped.name, mapped.size).set(loaded.name, loaded.size)
  const files = snapshot.files.filter(({ name }) => !sizes.has(name))
  files.push(...[...sizes].map(([name, size]) => ({ name, size })))
  return { ...snapshot, files, size: totalSize(files) }
}

/** Returns the lines for the script: offset and length of each range of the old file, in bytes. */
function listing({ from }: SplitPages): string {
  return from.map(({ start, end }) => `${start} ${end - start}\n`).join('')
}
