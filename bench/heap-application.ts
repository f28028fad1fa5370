import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../lab/command.js'
import { PROJECT } from '../lab/home.js'
import type { Bench } from './bench.js'

/** bench/applications/Heap.java as a jar; the folder that holds it. */
export async function heapApplication({ folder }: Bench): Promise<string> {
  const context = path.join(folder, 'heap')
  const classes = path.join(folder, 'heap-classes')
  await mkdir(context, { recursive: true })
  // The jdk.crac API comes from the JDK at run time; here only its sources are needed.
  const api = path.join(PROJECT, 'lab/jdk/java')
  const source = path.join(PROJECT, 'bench/applications/Heap.java')
  await run('javac', ['--release', '17', '-implicit:none', '-sourcepath', api, '-d', classes, source])
  const jar = path.join(context, 'app.jar')
  await run('jar', ['--create', '--file', jar, '--main-class', 'Heap', '-C', classes, '.'])
  return context
}

/** What the heap consists of. */
export const KINDS = ['arrays', 'objects'] as const
export type Kind = (typeof KINDS)[number]

/** Inputs for an application that keeps and drops so many megabytes. */
export function heapInputs(kept: number, dropped: number, kind: Kind = 'arrays'): Record<string, string> {
  return {
    arguments: `${kept}\n${dropped}\n${kind}`,
    'java-options': `-Xmx${Math.ceil(kept * 1.3) + dropped + 128}m`,
    'startup-timeout': '5m',
    'checkpoint-timeout': '10m',
    'restore-timeout': '5m'
  }
}
