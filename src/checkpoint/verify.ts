import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { diagnose } from '../diagnosis/diagnose.js'
import { lastLines } from '../docker/failure.js'
import type { ContainerEnd } from '../docker/containers.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'
import { Failure } from '../lib/errors.js'
import { pagesFileName, readPagemap } from '../snapshot/pagemap.js'
import { readDumpStatistics, type DumpStatistics } from '../snapshot/statistics.js'
import { ImageFormatError } from '../snapshot/image-format.js'
import type { Bytes, Milliseconds } from '../lib/values.js'

/** A complete snapshot of the JVM. */
export interface VerifiedSnapshot {
  /** Total size of its files. */
  size: Bytes
  files: SnapshotFile[]
  /** CRIU's statistics; undefined where CRIU left none. */
  statistics: DumpStatistics | undefined
  /** Version in CRIU's log; undefined where the log lacks it. */
  criuVersion: string | undefined
  /** Time from CRIU's start to its success, from its log; undefined where the log lacks it. */
  criuDuration: Milliseconds | undefined
  /** Time at which CRIU finished, since 1970, by the clock of the machine that runs Docker. */
  completedAt: Milliseconds | undefined
}

export interface SnapshotFile {
  name: string
  size: Bytes
}

/** Exit code of a JVM that CRIU ended after the dump: 128 + SIGKILL. */
const KILLED = 137

/** Folders with the files that a checkpoint leaves. */
export interface Evidence {
  evidence: string
  /** CRIU's images without the memory. */
  images: string
}

/**
 * Verifies a checkpoint by its files (docker/checkpoint/checkpoint.sh collects them), not by jcmd's exit code.
 * Throws a Failure for anything but a complete snapshot.
 */
export async function verifySnapshot(
  { evidence, images }: Evidence,
  end: ContainerEnd,
  output: string
): Promise<VerifiedSnapshot> {
  const read = (name: string) => readFile(path.join(evidence, name)).catch(() => undefined)
  const criuLog = (await read(EVIDENCE_FILES.criuLog))?.toString('latin1') ?? ''

  if (end.oomKilled) {
    throw outOfMemory()
  }
  if (criuLog === '') throw endedBefore(end.exitCode)
  if (!criuLog.includes('Dumping finished successfully')) {
    throw criuFailure(criuLog, end.exitCode, output)
  }
  if (end.exitCode !== KILLED) {
    throw broken(`the JVM ended with ${end.exitCode} instead of ${KILLED}`, criuLog)
  }

  const files = parseListing((await read(EVIDENCE_FILES.listing))?.toString('utf8') ?? '')
  if (!files.some((file) => file.name === 'inventory.img')) throw broken('inventory.img is missing', criuLog)
  const pagemaps = files.filter((file) => /^pagemap-\d+\.img$/.test(file.name))
  if (pagemaps.length === 0) throw broken('its page map is missing', criuLog)
  for (const { name } of pagemaps) {
    const image = await readFile(path.join(images, name)).catch(() => undefined)
    verifyPages(name, image, files, criuLog)
  }

  const statistics = await read(EVIDENCE_FILES.statistics)
  return {
    size: totalSize(files),
    files,
    statistics: statistics && orUndefined(() => readDumpStatistics(statistics)),
    criuVersion: /Version: (\S+)/.exec(criuLog)?.[1],
    criuDuration:
      Number(/^\((\d+\.\d+)\) Dumping finished successfully/m.exec(criuLog)?.[1]) * 1000 || undefined,
    completedAt: Number((await read(EVIDENCE_FILES.completed))?.toString()) * 1000 || undefined
  }
}

function verifyPages(
  name: string,
  image: Buffer | undefined,
  files: readonly SnapshotFile[],
  criuLog: string
): void {
  const pagemap = image && orUndefined(() => readPagemap(image))
  if (!pagemap) throw broken(`${name} cannot be read`, criuLog)
  const pagesFile = pagesFileName(pagemap.pagesId)
  const pages = files.find((file) => file.name === pagesFile)
  // A process without pages of its own has no pages file.
  const size = pages?.size ?? 0
  if (size !== pagemap.size) {
    throw broken(`${pagesFile} has ${size} bytes where ${name} counts ${pagemap.size}`, criuLog)
  }
}

function outOfMemory(): Failure {
  return new Failure('runner', 'The kernel ended the JVM during the checkpoint: out of memory.', {
    fix: 'Use a runner with more memory, or give the JVM a smaller heap with `java-options: -Xmx...`.'
  })
}

function endedBefore(exitCode: number): Failure {
  return new Failure(
    'application',
    `The application ended with exit code ${exitCode} during the checkpoint, before CRIU began.`,
    {
      fix:
        'A JVM ends when its last non-daemon thread does: keep one alive while beforeCheckpoint stops the servers. ' +
        "If the JVM crashed, the application's log says so."
    }
  )
}

/** Returns the Failure of a checkpoint that did not work. Its evidence comes from CRIU's log, or else the output of the JVM. */
export function criuFailure(criuLog: string, exitCode: number | undefined, output: string): Failure {
  const finding = diagnose('dump', { criu: criuLog, jvm: output })
  const ended = exitCode === undefined ? '' : ` The exit code of the JVM was ${exitCode}.`
  return new Failure(
    finding?.category ?? 'runner',
    finding ? `CRIU could not take the snapshot. ${finding.cause}${ended}` : `No snapshot was taken.${ended}`,
    {
      fix:
        finding?.fix ??
        "CRIU's log (dump4.log in the folder of the output `logs`) names the cause: a kernel that is newer than this CRIU, a CPU feature, or a resource of the application.",
      evidence: finding?.line ?? (lastLines(criuLog, 20) || lastLines(output, 20)),
      signature: finding?.signature
    }
  )
}

/** Verifies a snapshot of the engine Warp, of which only its files are known. */
export async function verifyWarpSnapshot(
  { evidence }: Pick<Evidence, 'evidence'>,
  end: ContainerEnd
): Promise<VerifiedSnapshot> {
  const files = parseListing(
    await readFile(path.join(evidence, EVIDENCE_FILES.listing), 'utf8').catch(() => '')
  )
  if (end.oomKilled) throw outOfMemory()
  if (!files.some(({ size }) => size > 0)) throw endedBefore(end.exitCode)
  return {
    size: totalSize(files),
    files,
    statistics: undefined,
    criuVersion: undefined,
    criuDuration: undefined,
    completedAt: undefined
  }
}

function broken(why: string, criuLog: string): Failure {
  return new Failure('runner', `The snapshot is not complete: ${why}.`, {
    fix: 'Check that the disk of the runner is not full, and run the job again.',
    evidence: lastLines(criuLog, 10)
  })
}

/** Returns the total size of files. */
export function totalSize(files: readonly SnapshotFile[]): Bytes {
  return files.reduce((sum, file) => sum + file.size, 0)
}

// The output of `stat -c '%s %n'`.
function parseListing(listing: string): SnapshotFile[] {
  return listing.split('\n').flatMap((line) => {
    const match = /^(\d+) (.+)$/.exec(line)
    return match ? [{ size: Number(match[1]), name: match[2] ?? '' }] : []
  })
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ImageFormatError) return undefined
    throw error
  }
}
