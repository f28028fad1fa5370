import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { openOf, threadsOf, type SnapshotContent } from './content.js'
import {
  readCore,
  readDescriptors,
  readFiles,
  readMemory,
  readProcesses,
  type Core,
  type Descriptor,
  type Process
} from './images.js'
import { parseJvmMemory, type JvmMemory } from './jvm-memory.js'
import { planHeapMapping, type HeapImages, type MappedHeap } from './heap-mapping.js'
import { createMemoryMap, type MemoryMap } from './memory-map.js'
import { pagesFileOf, readPagemap, type PagesFile } from './pagemap.js'
import type { ProcessMemory } from './parts.js'
import { sizeOf } from './ranges.js'
import { ImageFormatError } from './image-format.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'

export interface SnapshotReading {
  content: SnapshotContent
  /** Map of the files of pages: of those that the mapping of the heap makes, where the heap is mapped. */
  map: MemoryMap
  heap: HeapPlan
}

/** How a restore gets the Java heap: by a mapping, or by loading it, with the reason. */
export type HeapPlan = { mapped: MappedHeap } | { loadedBecause: string }

/**
 * Reads the files that docker/checkpoint/ collected: `images` has CRIU's images without the memory, `evidence` the
 * output of jcmd and the names of the environment. Plans the mapping of the heap, unless there is a reason not to map it.
 * Returns undefined where an image is missing or has an unknown format.
 */
export async function readSnapshot(
  evidence: string,
  images: string,
  loadedBecause?: string
): Promise<SnapshotReading | undefined> {
  try {
    return await readImages(evidence, images, loadedBecause)
  } catch (error) {
    if (error instanceof ImageFormatError) return undefined
    throw error
  }
}

async function readImages(
  evidence: string,
  folder: string,
  loadedBecause: string | undefined
): Promise<SnapshotReading> {
  const image: Images = async (name) =>
    await readFile(path.join(folder, name)).catch(() => {
      throw new ImageFormatError(`${name} cannot be read`)
    })
  const processes = readProcesses(await image('pstree.img'))
  const jvm = parseJvmMemory(
    await readFile(path.join(evidence, EVIDENCE_FILES.jvmMemory), 'utf8').catch(() => '')
  )
  const cores: Core[] = []
  const memories: ProcessMemory[] = []
  for (const process of processes) {
    const own = await Promise.all(
      process.threads.map(async (thread) => readCore(await image(`core-${thread}.img`)))
    )
    cores.push(...own)
    memories.push(await memoryOf(image, process, own, process === processes[0] ? jvm : undefined))
  }
  const files = readFiles(await image('files.img'))
  const descriptors: Descriptor[] = []
  const shared: PagesFile[] = []
  for (const name of await readdir(folder)) {
    if (/^fdinfo-\d+\.img$/.test(name)) descriptors.push(...readDescriptors(await image(name)))
    if (/^pagemap-shmem-\d+\.img$/.test(name)) shared.push(pagesFileOf(readPagemap(await image(name))))
  }
  const heap = loadedBecause === undefined ? await planHeap(image, memories, shared) : { loadedBecause }
  const map = createMemoryMap('mapped' in heap ? withPages(memories, heap.mapped) : memories, files, shared)
  const names = await readFile(path.join(evidence, EVIDENCE_FILES.environmentNames), 'utf8').catch(
    () => undefined
  )
  return {
    map,
    heap,
    content: {
      memory: jvm.code && { ...map.sizes(), ...(jvm.heap ? {} : { javaHeap: undefined }) },
      maxHeap: jvm.maxHeap,
      defaultHeap: jvm.defaultHeap,
      restore: restoreOf(heap, memories, shared),
      processes: processes.length,
      threads: threadsOf(cores),
      user: cores[0]?.credentials,
      open: openOf(descriptors, files),
      environment: names
        ?.split('\0')
        .filter((name) => name !== '')
        .sort()
    }
  }
}

/** Plans the mapping of the heap of the first process, which is the JVM. */
async function planHeap(
  image: Images,
  [jvm, ...children]: readonly ProcessMemory[],
  shared: readonly PagesFile[]
): Promise<HeapPlan> {
  // A process shares the memory that it has from its parent with it, as long as neither writes to it.
  if (!jvm || children.length > 0) return { loadedBecause: 'the snapshot has more than one process' }
  const images: HeapImages = {
    mm: await image(`mm-${jvm.pid}.img`),
    pagemap: await image(`pagemap-${jvm.pid}.img`),
    files: await image('files.img')
  }
  const ids = [...jvm.pages, ...shared].map(({ name }) => Number(/\d+/.exec(name)?.[0]))
  try {
    return { mapped: planHeapMapping(jvm, images, Math.max(...ids) + 1) }
  } catch (error) {
    if (error instanceof ImageFormatError) return { loadedBecause: error.message }
    throw error
  }
}

function restoreOf(
  heap: HeapPlan,
  processes: readonly ProcessMemory[],
  shared: readonly PagesFile[]
): SnapshotContent['restore'] {
  const all = [...processes.flatMap(({ pages }) => pages), ...shared]
  const size = all.reduce((sum, { runs }) => sum + sizeOf(runs), 0)
  if ('mapped' in heap) {
    const mapped = heap.mapped.mapped.size
    return { mapped, loaded: size - mapped, loadedBecause: undefined }
  }
  return { mapped: 0, loaded: size, ...heap }
}

function withPages([jvm]: readonly ProcessMemory[], { mapped, loaded }: MappedHeap): ProcessMemory[] {
  return jvm ? [{ ...jvm, pages: [mapped, loaded] }] : []
}

type Images = (name: string) => Promise<Buffer>

async function memoryOf(
  image: Images,
  { pid }: Process,
  cores: readonly Core[],
  jvm: JvmMemory | undefined
): Promise<ProcessMemory> {
  return {
    pid,
    memory: readMemory(await image(`mm-${pid}.img`)),
    pages: [pagesFileOf(readPagemap(await image(`pagemap-${pid}.img`)))],
    stackPointers: cores.flatMap(({ stackPointer }) => stackPointer ?? []),
    jvm
  }
}
