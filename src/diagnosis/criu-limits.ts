/** What decides, beside the application, whether a version of CRIU works. */
export interface CriuHost {
  /** Release of the kernel, as `uname -r` prints it. */
  kernel: string
  /** Whether the CPU has AMX. */
  amx: boolean
  /** Version of the glibc of the base image; undefined if it is not known. */
  glibc?: string | undefined
}

/** A known limit of CRIU: older versions fail on some machines or base images. */
export interface CriuLimit {
  /** Id of the failure in the catalogue. */
  signature: string
  /** Machines or base images that have the limit. */
  on: { kernel: string } | { glibc: string } | 'AMX'
  /** The first version of CRIU that works there; older ones with a patch may work, too. */
  fixedIn: string
  /** What the older versions cannot do. */
  reason: string
  /** Whether every checkpoint fails. If not, `reason` says which ones fail. */
  always: boolean
  /** Where the failure and the fix were seen. */
  seen: string
}

/** The oldest kernel or glibc comes first. Nothing is refused because of a row: the trial on the runner decides. */
export const CRIU_LIMITS: readonly CriuLimit[] = [
  {
    signature: 'criu-amx-xsave',
    on: 'AMX',
    fixedIn: '3.19',
    reason: 'the registers of the CPU do not fit into its tables',
    always: true,
    seen: '3.17.1 on GitHub runners: https://github.com/CRaC/criu/pull/24; fixed by checkpoint-restore/criu@727d796'
  },
  {
    signature: 'criu-vdso-bounds',
    on: { kernel: '6.13' },
    fixedIn: '4.1',
    reason: 'it does not know the vDSO of the kernel',
    always: true,
    seen: '3.17.1 on kernel 6.18, by this project; fixed by https://github.com/checkpoint-restore/criu/pull/2539, in the CRaC fork by https://github.com/CRaC/criu/pull/25'
  },
  {
    signature: 'criu-sockopt-616',
    on: { kernel: '6.16' },
    fixedIn: '4.2',
    reason: 'it cannot read the options of an open internet socket',
    always: false,
    seen: '4.1.1 on kernel 6.18, by this project; https://github.com/checkpoint-restore/criu/issues/2705'
  },
  {
    signature: 'criu-udplite',
    on: { kernel: '7.1' },
    fixedIn: '4.2.1',
    reason: 'it needs UDP-Lite where the application has another network namespace than CRIU',
    always: false,
    seen: 'https://github.com/checkpoint-restore/criu/issues/3002; 4.1.1 works on kernel 7.3.4 in the network namespace of the application, by this project'
  },
  {
    signature: 'criu-page-parasite',
    on: { glibc: '2.42' },
    fixedIn: '4.2',
    reason:
      'it cannot read the guard pages of the stacks of threads, for which the kernel has to be 6.16 or newer, too',
    always: true,
    seen: 'https://github.com/checkpoint-restore/criu/pull/2652'
  }
]

/** A combination that was tried, and the result. */
export interface CriuTrial {
  criu: string
  kernel: string
  glibc: string
  cpu: string
  result: string
  seen: string
}

/** Combinations that were seen to work, with the least privileges. */
export const CRIU_TRIALS: readonly CriuTrial[] = [
  {
    criu: '4.1.1 (Debian 13)',
    kernel: '6.1',
    glibc: '2.41',
    cpu: 'x86-64 without AVX-512, emulated',
    result: 'checkpoint and restore of a JVM, and restore of snapshots on and of kernel 6.18',
    seen: 'a virtual machine with AppArmor, 2026-11 (docs/platforms.md)'
  },
  {
    criu: '4.1.1 (Debian 13)',
    kernel: '6.12',
    glibc: '2.41',
    cpu: 'x86-64 without AVX-512, emulated',
    result: 'checkpoint and restore of a JVM, and restore of snapshots on and of kernels 6.1, 6.18 and 7.2',
    seen: 'a virtual machine with AppArmor, 2026-11 (docs/platforms.md)'
  },
  {
    criu: '4.1.1 (Debian 13)',
    kernel: '7.2',
    glibc: '2.41',
    cpu: 'x86-64 without AVX-512, emulated',
    result: 'checkpoint and restore of a JVM, and restore of snapshots on and of kernels 6.12 and 6.18',
    seen: 'a virtual machine with AppArmor, 2026-11 (docs/platforms.md)'
  },
  {
    criu: '4.1.1 (Debian 13)',
    kernel: '6.18',
    glibc: '2.41',
    cpu: 'x86-64 with AVX-512 and AMX',
    result:
      'checkpoint and restore of a JVM, and restore of its snapshot on kernel 6.12 without AVX-512, both ways',
    seen: 'the end-to-end tests'
  },
  {
    criu: '4.2.1 (Debian sid)',
    kernel: '6.18',
    glibc: '2.41',
    cpu: 'x86-64, AMD EPYC',
    result: 'checkpoint and restore of a JVM',
    seen: 'by hand, 2026-11'
  },
  {
    criu: '4.1.1 (Debian 13)',
    kernel: '7.3.4',
    glibc: '2.41',
    cpu: 'x86-64, emulated',
    result: 'dump and restore of a sleeping process',
    seen: 'a virtual machine, 2026-11'
  },
  {
    criu: '4.2.1 (Debian testing)',
    kernel: '7.3.4',
    glibc: '2.41, with the libraries of CRIU beside it',
    cpu: 'x86-64, emulated',
    result: 'dump and restore of a sleeping process',
    seen: 'a virtual machine, 2026-11'
  }
]

/** Version of CRIU that CRaC JDKs bundle, as far as they are released. */
export const BUNDLED_CRIU = '3.17.1'

/** Returns the first version of CRIU without the failure of this id in the catalogue. */
export function fixedIn(signature: string): string {
  const row = CRIU_LIMITS.find((limit) => limit.signature === signature)
  if (!row) throw new Error(`no limit of CRIU is named ${signature}`)
  return row.fixedIn
}

/** Returns the known limits of a host; only those that a version of CRIU has, if one is given. */
export function criuLimits(host: CriuHost, version?: string): CriuLimit[] {
  return CRIU_LIMITS.filter(
    ({ on, fixedIn }) =>
      (on === 'AMX'
        ? host.amx
        : isFrom('kernel' in on ? on.kernel : on.glibc, 'kernel' in on ? host.kernel : host.glibc)) &&
      (version === undefined || !isFrom(fixedIn, version))
  )
}

/** Returns the machines or base images of a limit, for a sentence. */
export function limitedHosts({ on }: CriuLimit): string {
  if (on === 'AMX') return 'CPUs with AMX'
  return 'kernel' in on ? `kernel ${on.kernel} and newer` : `glibc ${on.glibc} and newer`
}

/** Returns whether a version is the first one or newer; an unknown version is not. */
function isFrom(first: string, version: string | undefined): boolean {
  const numbers = (text: string): number[] => (/^\d+(?:\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number)
  if (version === undefined || !/^\d/.test(version)) return false
  const [wanted, there] = [numbers(first), numbers(version)]
  const index = wanted.findIndex((number, place) => number !== (there[place] ?? 0))
  return index < 0 || (there[index] ?? 0) > (wanted[index] ?? 0)
}
