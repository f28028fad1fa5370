import { createHash, randomBytes } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/**
 * The id of a run, which is in the name of everything that the run makes. It identifies the process of the run, so that a later run
 * can find out that the process is dead (docs/decisions/left-behind.md).
 */
export interface RunId {
  random: string
  /** Time of the start, in seconds since 1970. */
  begun: number
  /** Digest of the machine's id and name. */
  machine: string
  /** Id of the kernel's last start. */
  boot: string
  /** Namespace of the process id. */
  namespace: string
  pid: number
  /** Start of the process, in ticks since the start of the kernel: process ids are reused. */
  ticks: number
}

/** Access to the machine, which tests rehost. */
export interface HostProbe {
  /** Root of the file system. */
  root: string
  pid: number
  now: () => Date
  /** Throws as process.kill does. */
  signal: (pid: number, signal: 0) => void
}

export const thisHost: HostProbe = {
  root: '/',
  pid: process.pid,
  now: () => new Date(),
  signal: (pid, signal) => process.kill(pid, signal)
}

/** Returns an id for a run of this process. */
export async function newRunId(host: HostProbe = thisHost): Promise<string> {
  const { machine, boot, namespace } = await surroundings(host)
  const random = randomBytes(6).toString('hex')
  const begun = Math.floor(host.now().getTime() / 1000)
  const ticks = (await startOf(host, host.pid)) ?? 0
  return [random, base36(begun), machine, boot, namespace, base36(host.pid), base36(ticks)].join('-')
}

/** Parses an id; returns undefined for text that newRunId did not make. */
export function parseRunId(text: string): RunId | undefined {
  const match =
    /^([0-9a-f]{12})-([0-9a-z]+)-([0-9a-f]{8})-([0-9a-f]{12})-([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)$/.exec(text)
  if (!match) return undefined
  const [, random = '', begun = '', machine = '', boot = '', namespace = '', pid = '', ticks = ''] = match
  const number = (digits: string): number => parseInt(digits, 36)
  return { random, begun: number(begun), machine, boot, namespace, pid: number(pid), ticks: number(ticks) }
}

/** State of a run: its process has `ended` but its job may go on, or its job is `gone` too. */
export type RunState = 'ended' | 'gone' | 'unknown'

/** Maximum duration of a job, in seconds: https://docs.github.com/actions/reference/limits. */
const LONGEST_JOB = 5 * 24 * 3600

/** Margin for clocks that differ, in seconds. */
const MARGIN = 24 * 3600

/** Returns whether a run is dead. With `localEngine`, only this machine uses the Docker engine. */
export async function runState(
  run: RunId,
  localEngine: boolean,
  host: HostProbe = thisHost
): Promise<RunState> {
  if (host.now().getTime() / 1000 - run.begun > LONGEST_JOB + MARGIN) return 'gone'
  const own = await surroundings(host)
  if (run.boot !== own.boot) return localEngine && run.machine === own.machine ? 'gone' : 'unknown'
  if (run.namespace !== own.namespace) return 'unknown'
  return (await isRunning(run, host)) ? 'unknown' : 'ended'
}

async function isRunning({ pid, ticks }: RunId, host: HostProbe): Promise<boolean> {
  try {
    host.signal(pid, 0)
  } catch (error) {
    // A process of another user cannot be signalled, but it is running.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = await startOf(host, pid)
  return started === undefined || started === ticks
}

async function surroundings({ root }: HostProbe): Promise<Pick<RunId, 'machine' | 'boot' | 'namespace'>> {
  const read = (file: string): Promise<string> => readFile(`${root}${file}`, 'utf8').catch(() => '')
  const boot = (await read('proc/sys/kernel/random/boot_id')).replace(/[^0-9a-f]/g, '')
  const namespace = await readlink(`${root}proc/self/ns/pid`).catch(() => '')
  return {
    machine: createHash('sha256')
      .update(`${await read('etc/machine-id')}\n${hostname()}`)
      .digest('hex')
      .slice(0, 8),
    boot: boot.slice(0, 12).padEnd(12, '0'),
    namespace: base36(Number(/\d+/.exec(namespace)?.[0] ?? 0))
  }
}

/** Field 22 of /proc/PID/stat (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html); the name before it may hold spaces. */
async function startOf({ root }: HostProbe, pid: number): Promise<number | undefined> {
  const stat = await readFile(`${root}proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.length > 19 ? Number(fields[19]) : undefined
}

function base36(number: number): string {
  return number.toString(36)
}
