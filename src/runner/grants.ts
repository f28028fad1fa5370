import { noShellFailure } from './base-image.js'
import { runOnce } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { TIMED_OUT } from '../docker/process-group.js'
import { UnsupportedRunner } from '../lib/errors.js'
import type { Clock } from '../lib/clock.js'
import { lastLines } from '../docker/failure.js'
import type { Privileges } from '../docker/privileges.js'
import type { Milliseconds } from '../lib/values.js'

/** Facts that a temporary container reports about the machine and its own privileges. */
export interface ContainerFacts {
  missing: string[]
  amx: boolean
  /** Name of the CPU in /proc/cpuinfo, if there is one. */
  cpu: string | undefined
  /** Version of the glibc of the image; undefined if it has none. */
  glibc: string | undefined
  /** Program of an emulator of another architecture, if one runs the container. */
  emulator: string | undefined
  /** kernel.yama.ptrace_scope of the host; 0 where the kernel has no Yama. */
  ptraceScope: number
  /** Free bytes on Docker's disk; undefined if the container cannot find out. */
  diskFree: number | undefined
  /** Time from the command to the end of the container. */
  duration: Milliseconds
}

/** A privilege level that Docker does not grant, and the reason. */
export interface Refused {
  level: string
  reason: string
}

/** Bits in /proc/PID/status (linux/capability.h). */
const CAPABILITY_BITS = { CHECKPOINT_RESTORE: 40n, SYS_PTRACE: 19n, SYS_ADMIN: 21n, SETPCAP: 8n }

/**
 * Prints the facts. The root of a container is on Docker's disk, wherever that is. The `read` of dash reads single bytes, which such a
 * file ends after the first of them, and so it fails.
 */
export const SCRIPT = `
cat /proc/self/status /proc/self/cmdline /proc/cpuinfo
getconf GNU_LIBC_VERSION 2>/dev/null
echo "ptrace_scope: $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null)"
df -P -k / || true`

/** Time limit for this container, which usually takes a few tenths of a second: a slow engine is not one that refuses. */
const START_TIMEOUT: Milliseconds = 180_000

/**
 * Starts a container with these privileges; returns the reason as a text if Docker does not. Throws UnsupportedRunner if Docker is
 * too slow for an answer.
 */
export async function tryPrivileges(
  { docker, clock }: { docker: Docker; clock: Clock },
  run: string,
  image: string,
  privileges: Privileges
): Promise<ContainerFacts | string> {
  const begin = clock.now()
  const result = await runOnce(
    docker,
    { run, image, flags: privileges.checkpoint, program: 'sh', args: ['-c', SCRIPT] },
    START_TIMEOUT
  )
  if (result.exitCode === TIMED_OUT) {
    throw new UnsupportedRunner(
      `The Docker engine did not start a container within ${START_TIMEOUT / 1000} seconds.`,
      {
        fix: 'Run fewer jobs at a time on this runner, or check its disk and its Docker engine: `docker run --rm debian:trixie-slim true` should take less than a second.',
        evidence: lastLines(result.stderr, 3)
      }
    )
  }
  if (result.exitCode !== 0) {
    const shell = noShellFailure(result.stderr)
    if (shell) throw shell
    return (
      lastLines(result.stderr.replace(/(?<!\n)\n*Run 'docker run --help'.*/s, ''), 1) ||
      `exit code ${result.exitCode}`
    )
  }
  if (!result.stdout.includes('CapBnd')) return 'the output of a container did not come through'
  return { ...factsFrom(result.stdout, wantedOf(privileges)), duration: clock.now() - begin }
}

export function factsFrom(
  output: string,
  wanted: readonly (keyof typeof CAPABILITY_BITS)[]
): Omit<ContainerFacts, 'duration'> {
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(output)?.[1] ?? '0'}`)
  const kilobytes = /^\S+ +\d+ +\d+ +(\d+) +\d+% +\/$/m.exec(output)?.[1]
  return {
    missing: wanted.filter((name) => ((bounding >> CAPABILITY_BITS[name]) & 1n) === 0n),
    amx: /^flags\s*:.*\bamx_tile\b/m.test(output),
    cpu: /^model name\s*:\s*(.+)$/m.exec(output)?.[1],
    glibc: /^glibc (\d+(?:\.\d+)*)$/m.exec(output)?.[1],
    ptraceScope: Number(/^ptrace_scope: (\d)$/m.exec(output)?.[1] ?? 0),
    diskFree: kilobytes === undefined ? undefined : Number(kilobytes) * 1024,
    emulator: /(?<!\S)\S{0,200}?(?:qemu-[\w-]{1,40}|rosetta|FEXInterpreter)\b/.exec(output)?.[0]
  }
}

function wantedOf({ level, capability }: Privileges): (keyof typeof CAPABILITY_BITS)[] {
  if (level === 'privileged') return []
  return [capability === 'sys_admin' ? 'SYS_ADMIN' : 'CHECKPOINT_RESTORE', 'SYS_PTRACE']
}
