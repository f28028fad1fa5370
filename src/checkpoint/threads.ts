import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { EVIDENCE_DIR, EVIDENCE_FILES } from '../lib/image-paths.js'
import { within } from '../lib/clock.js'
import type { Milliseconds } from '../lib/values.js'
import type { Application, World } from './started-application.js'

/** A JVM that can answer does so at once; one that CRIU has frozen never does. */
const DUMP_TIMEOUT: Milliseconds = 2000

const MOST_LINES = 20_000
const SHOWN_THREADS = 2
const SHOWN_FRAMES = 12

/**
 * A thread dump of the JVM in the container, in the file `threads.txt` of the folder; '' where it gives none. By
 * SIGQUIT: jcmd would wait behind the checkpoint that hangs.
 */
export async function dumpThreads(
  { docker, clock }: World,
  application: Application,
  folder: string
): Promise<string> {
  const lines: string[] = []
  let finish: () => void = () => undefined
  const complete = new Promise<void>((resolve) => (finish = resolve))
  const stop = application.listen((line) => {
    if (lines.length === 0 && !line.startsWith('Full thread dump')) return
    if (lines.length < MOST_LINES) lines.push(line)
    if (/^JNI global refs/.test(line)) finish()
  })
  const signal = `kill -QUIT "$(cat ${EVIDENCE_DIR}/${EVIDENCE_FILES.jvmPid})"`
  await docker.attempt(['exec', application.name, 'sh', '-c', signal], { timeout: DUMP_TIMEOUT })
  await within(complete, DUMP_TIMEOUT, clock)
  stop()
  const text = lines.join('\n')
  if (text !== '') await writeFile(path.join(folder, 'threads.txt'), `${text}\n`)
  return text
}

/** The threads of a dump that tell why an application stands: those in CRaC's hooks, else the main thread. */
export function tellingThreads(dump: string): string {
  const threads = dump.split(/\n\s*\n/).filter((block) => block.trimStart().startsWith('"'))
  const inHooks = threads.filter((block) => /\.crac\.|beforeCheckpoint|afterRestore/.test(block))
  const main = threads.filter((block) => block.trimStart().startsWith('"main"'))
  return (inHooks.length > 0 ? inHooks : main)
    .slice(0, SHOWN_THREADS)
    .map((block) => block.trim().split('\n').slice(0, SHOWN_FRAMES).join('\n'))
    .join('\n')
}
