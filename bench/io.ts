import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { labHome } from '../lab/home.js'

/** Bytes that processes have read and written by system calls: files, pipes and most sockets, from the cache or not. */
export interface Transferred {
  read: number
  written: number
}

export const HOW_TRANSFERRED =
  "Bytes read and written are rchar and wchar of /proc/PID/io: all bytes of read and write calls, also those of pipes and of the page cache. The engine's are those of dockerd and of the processes that it started and still has or has waited for (containerd); those of containers are not among them. The action's are those of its process and of its docker clients."

/** Returns what this process and the children that it has waited for have transferred. */
export function ownTransfers(): Transferred {
  return transfersOf('self')
}

/** Returns what the engine of the lab has transferred; undefined where the lab did not start it. */
export function engineTransfers(): Transferred | undefined {
  try {
    const engine = readFileSync(path.join(labHome(), 'engine.pid'), 'utf8').trim()
    const all = [engine, ...childrenOf(engine)].map(transfersOf)
    return {
      read: all.reduce((sum, { read }) => sum + read, 0),
      written: all.reduce((sum, { written }) => sum + written, 0)
    }
  } catch {
    return undefined
  }
}

/** Returns what was transferred between two times. */
export function difference(before: Transferred, after: Transferred): Transferred {
  return { read: after.read - before.read, written: after.written - before.written }
}

function childrenOf(pid: string): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)
  )
}

function transfersOf(pid: string): Transferred {
  return parseIo(readFileSync(`/proc/${pid}/io`, 'utf8'))
}

/** Parses /proc/PID/io: https://docs.kernel.org/filesystems/proc.html */
export function parseIo(text: string): Transferred {
  const valueOf = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1])
  return { read: valueOf('rchar'), written: valueOf('wchar') }
}
