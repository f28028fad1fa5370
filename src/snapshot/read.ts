import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { openOf, threadsOf, type SnapshotContent } from './content.js'
import {
  readCore,
  readDescriptors,
  readFiles,
  readMemory,
  readPagemap,
  readProcesses,
  type Core,
  type Descriptor,
  type Pagemap,
  type Process
} from './images.js'
import { parseJvmMemory, type JvmMemory } from './jvm-memory.js'
import { createMemoryMap, type MemoryMap } from './memory-map.js'
import type { ProcessMemory } from './parts.js'
import { ImageFormatError } from './image-format.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'

export interface SnapshotReading {
  content: SnapshotContent
  map: MemoryMap
}

/**
 * Reads the files that docker/checkpoint/ collected: `images` has CRIU's images without the memory, `evidence` the
 * output of jcmd and the names of the environment. Returns undefined where an image is missing or has an unknown format.
 */
export async function readSnapshot(evidence: string, images: string): Promise<SnapshotReading | undefined> {
  try {
    return await readImages(evidence, images)
  } catch (error) {
    if (error instanceof ImageFormatError) return undefined
    throw error
  }
}

async function readImages(evidence: string, folder: string): Promise<SnapshotReading> {
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
  const shared: Pagemap[] = []
  for (const name of await readdir(folder)) {
    if (/^fdinfo-\d+\.img$/.test(name)) descriptors.push(...readDescriptors(await image(name)))
    if (/^pagemap-shmem-\d+\.img$/.test(name)) shared.push(readPagemap(await image(name)))
  }
  const map = createMemoryMap(memories, files, shared)
  const names = await readFile(path.join(evidence, EVIDENCE_FILES.environmentNames), 'utf8').catch(
    () => undefined
  )
  return {
    map,
    content: {
      memory: jvm.code && { ...map.sizes(), ...(jvm.heap ? {} : { javaHeap: undefined }) },
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
    pagemap: readPagemap(await image(`pagemap-${pid}.img`)),
    stackPointers: cores.flatMap(({ stackPointer }) => stackPointer ?? []),
    jvm
  }
}
