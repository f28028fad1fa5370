/** A machine that made images or started them. */
export interface Host {
  /** Name in the tables, such as `Linux 6.12 in a virtual machine`. */
  name: string
  kernel: string
  cpu: string
  avx512: boolean
  appArmor: boolean
  docker: string
  /** What `doctor` would use there: the privilege level; or its message, where it refuses. */
  doctor: string
}

/** An image that a run made. */
export interface Made {
  name: string
  /** Name of the host. */
  on: string
  cpuFeatures: string
  /** Line of the log that says which CRIU was used, and why; or the message of a run that failed. */
  log: string
  /** Privilege level of the restore; empty where the run failed. */
  privileges: string
}

/** A start of an image on a host. */
export interface Started {
  image: string
  on: string
  /** What was special about the start; empty for one with the declared flags. */
  special: string
  outcome: 'restored' | 'started normally' | 'failed'
  message: string
  /** AppArmor profile of the processes; empty where there was none. */
  profile: string
}

/** What `doctor` says on a host that it refuses. */
export interface Refusal {
  on: string
  special: string
  message: string
}

/** What `npm run test:vm` has seen. */
export interface Platforms {
  date: string
  hosts: Host[]
  images: Made[]
  starts: Started[]
  refusals: Refusal[]
}

/** What can be special about a start. */
export const WITHOUT_FLAGS = 'without the declared flags'
export const TRACE_SCOPE = '`kernel.yama.ptrace_scope=2`'

/** Returns what a start has to do: everything restores but for these reasons. */
export function expected(start: Started, { hosts, images }: Platforms): Started['outcome'] {
  const made = images.find(({ name }) => name === start.image)
  const [from, to] = [made?.on, start.on].map((name) => hosts.find((host) => host.name === name))
  const olderCpu = made?.cpuFeatures === 'native' && from?.avx512 === true && to?.avx512 === false
  return start.special !== '' || olderCpu ? 'started normally' : 'restored'
}

/** Returns the starts and runs that did not do what they have to, each as a line. */
export function surprises(platforms: Platforms): string[] {
  const runs = platforms.images
    .filter(({ privileges }) => privileges === '')
    .map(({ name, on, log }) => `${name} was not made on ${on}: ${log}`)
  const starts = platforms.starts
    .filter((start) => start.outcome !== expected(start, platforms))
    .map(
      (start) =>
        `${start.image} on ${start.on}${start.special && `, ${start.special}`}: ${start.outcome}; ${start.message}`
    )
  const silent = platforms.refusals
    .filter(({ message }) => message === '')
    .map(({ on, special }) => `doctor does not refuse ${on} with ${special}`)
  const refusing = platforms.hosts
    .filter(({ doctor }) => doctor !== 'least')
    .map(({ name, doctor }) => `doctor on ${name} says ${doctor}`)
  return [...refusing, ...runs, ...starts, ...silent]
}
