import { createHash, randomBytes } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/**
 * The id of a run: everything that it makes has it in its name, and it tells which process the run belongs to. So a later
 * run can know that one is dead (docs/decisions/left-behind.md).
 */
export interface RunId {
  random: string
  /** In seconds since 1970. */
  begun: number
  /** A digest of the machine's id and its name. */
  machine: string
  /** Of the kernel, since its last start. */
  boot: string
  /** The namespace that the process id counts in. */
  namespace: string
  pid: number
  /** When the process began, in ticks since the start of the kernel: process ids come back. */
  ticks: number
}

/** Where the facts are read, and how it is asked whether a process is there. */
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

/** An id for a run of this process. */
export async function newRunId(place: HostProbe = thisHost): Promise<string> {
  const { machine, boot, namespace } = await surroundings(place)
  const random = randomBytes(6).toString('hex')
  const begun = Math.floor(place.now().getTime() / 1000)
  const ticks = (await startOf(place, place.pid)) ?? 0
  return [random, base36(begun), machine, boot, namespace, base36(place.pid), base36(ticks)].join('-')
}

/** Reads an id; undefined for one that was not made by newRunId. */
export function parseRunId(text: string): RunId | undefined {
  const match =
    /^([0-9a-f]{12})-([0-9a-z]+)-([0-9a-f]{8})-([0-9a-f]{12})-([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)$/.exec(text)
  if (!match) return undefined
  const [, random = '', begun = '', machine = '', boot = '', namespace = '', pid = '', ticks = ''] = match
  const number = (digits: string): number => parseInt(digits, 36)
  return { random, begun: number(begun), machine, boot, namespace, pid: number(pid), ticks: number(ticks) }
}

/** What is known of a run: `ended` is its process, but its job may go on; `gone` is the job, too. */
export type RunState = 'ended' | 'gone' | 'unknown'

/** The longest that a job can take: https://docs.github.com/actions/reference/limits. In seconds. */
const LONGEST_JOB = 5 * 24 * 3600

/** Clocks of machines differ. In seconds. */
const MARGIN = 24 * 3600

/** Whether a run is dead. `localEngine`: only machines of this name can have made what the engine has of it. */
export async function runState(
  run: RunId,
  localEngine: boolean,
  place: HostProbe = thisHost
): Promise<RunState> {
  if (place.now().getTime() / 1000 - run.begun > LONGEST_JOB + MARGIN) return 'gone'
  const own = await surroundings(place)
  if (run.boot !== own.boot) return localEngine && run.machine === own.machine ? 'gone' : 'unknown'
  if (run.namespace !== own.namespace) return 'unknown'
  return (await isRunning(run, place)) ? 'unknown' : 'ended'
}

async function isRunning({ pid, ticks }: RunId, place: HostProbe): Promise<boolean> {
  try {
    place.signal(pid, 0)
  } catch (error) {
    // The processes of others may not be asked, and are there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = await startOf(place, pid)
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
