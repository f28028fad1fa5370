import path from 'node:path'
import { EVIDENCE_DIR, EVIDENCE_FILES } from '../lib/image-paths.js'
import { within } from '../lib/clock.js'
import { writeLog } from '../lib/kept-log.js'
import { withResolvers } from '../lib/with-resolvers.js'
import type { Milliseconds } from '../lib/values.js'
import type { RunningApplication, CheckpointContext } from './started-application.js'

/** Limit for a thread dump: a JVM that can write one does so at once; a JVM that CRIU has frozen never does. */
const DUMP_TIMEOUT: Milliseconds = 2000

const MOST_LINES = 20_000
const SHOWN_THREADS = 2
const SHOWN_FRAMES = 12

/**
 * Returns a thread dump of the JVM in the container, and writes it to `threads.txt` in the folder; '' where the JVM
 * prints none. Sends SIGQUIT, as jcmd would wait for the checkpoint that hangs.
 */
export async function dumpThreads(
  { docker, clock, keep }: CheckpointContext,
  application: RunningApplication,
  folder: string
): Promise<string> {
  const lines: string[] = []
  const complete = withResolvers<void>()
  const stop = application.listen((line) => {
    if (lines.length === 0 && !line.startsWith('Full thread dump')) return
    if (lines.length < MOST_LINES) lines.push(line)
    if (/^JNI global refs/.test(line)) complete.resolve()
  })
  const signal = `kill -QUIT "$(cat ${EVIDENCE_DIR}/${EVIDENCE_FILES.jvmPid})"`
  await docker.attempt(['exec', application.name, 'sh', '-c', signal], { timeout: DUMP_TIMEOUT })
  await within(complete.promise, DUMP_TIMEOUT, clock)
  stop()
  const text = lines.join('\n')
  if (text !== '') await writeLog(path.join(folder, 'threads.txt'), `${text}\n`, keep.hiding)
  return text
}

/** Returns the threads of a dump that show why an application hangs: those in CRaC's hooks, or else the main thread. */
export function relevantThreads(dump: string): string {
  const threads = dump.split(/\n\s*\n/).filter((block) => block.trimStart().startsWith('"'))
  const inHooks = threads.filter((block) => /\.crac\.|beforeCheckpoint|afterRestore/.test(block))
  const main = threads.filter((block) => block.trimStart().startsWith('"main"'))
  return (inHooks.length > 0 ? inHooks : main)
    .slice(0, SHOWN_THREADS)
    .map((block) => block.trim().split('\n').slice(0, SHOWN_FRAMES).join('\n'))
    .join('\n')
}
