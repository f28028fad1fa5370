/** Privilege level of a container; each level has more privileges than the one before. */
export type PrivilegeLevel = 'least' | 'no-apparmor' | 'sys-admin' | 'privileged'

/** Input `privileges`: the least privileges that work here, or the lowest or highest level only. */
export type PrivilegesWanted = 'auto' | 'least' | 'privileged'

/** The capability that CRIU needs; in the checkpoint image and the finished image its program has it as a file capability. */
export type CriuCapability = 'checkpoint_restore' | 'sys_admin'

export interface Privileges {
  level: PrivilegeLevel
  capability: CriuCapability
  /** Flags of `docker create` for the checkpoint. */
  checkpoint: readonly string[]
  /** Returns the flags for a restore; `seccompProfile` is the path of docker/seccomp.json, or of a copy of it. */
  restore: (seccompProfile: string) => string[]
}

const NO_APPARMOR = ['--security-opt', 'apparmor=unconfined']

/** The levels are measured: docs/decisions/privileges.md. The JVM itself has no capability; CRIU gets them from its file. */
const LEVELS: readonly Privileges[] = [
  levelWith('least', 'checkpoint_restore', []),
  levelWith('no-apparmor', 'checkpoint_restore', NO_APPARMOR),
  // For versions of Docker and kernels without CHECKPOINT_RESTORE, which was split off from SYS_ADMIN.
  levelWith('sys-admin', 'sys_admin', NO_APPARMOR),
  {
    level: 'privileged',
    capability: 'checkpoint_restore',
    checkpoint: ['--privileged'],
    restore: () => ['--privileged']
  }
]

function levelWith(level: PrivilegeLevel, capability: CriuCapability, more: readonly string[]): Privileges {
  const granted = ['--cap-add', capability.toUpperCase()]
  return {
    level,
    capability,
    // CRIU suspends the seccomp filter of the processes that it dumps, which a process under a filter may not do.
    checkpoint: [...granted, '--cap-add', 'SYS_PTRACE', '--security-opt', 'seccomp=unconfined', ...more],
    restore: (seccompProfile) => [
      '--cap-drop',
      'ALL',
      ...granted,
      '--cap-add',
      'SETPCAP',
      '--security-opt',
      `seccomp=${seccompProfile}`,
      ...more
    ]
  }
}

/** Returns the levels to try, the least first; with that for AppArmor unless it is known that Docker does not use it. */
export function privilegeLevels(
  wanted: PrivilegesWanted,
  { appArmor }: { appArmor: boolean | undefined }
): Privileges[] {
  if (wanted !== 'auto') return LEVELS.filter(({ level }) => level === wanted)
  return LEVELS.filter(({ level }) => appArmor !== false || level !== 'no-apparmor')
}

/** Returns whether a restore with these privileges needs the seccomp profile. */
export function usesProfile(privileges: Privileges | undefined): boolean {
  return privileges !== undefined && privileges.level !== 'privileged'
}

/** Returns the flags of `docker run` that an image declares; the seccomp profile is a file in the current folder. */
export function declaredFlags(privileges: Privileges): string {
  return privileges.restore('seccomp.json').join(' ')
}

/**
 * Attempts something with each privilege level, in the order given, and returns the first result. After an attempt that
 * throws, `retryWithMore` says whether to try the next level; it is not called after the last one. Throws the error of
 * the last attempt. `attempt` also gets this level and those above it.
 */
export async function climb<Level extends Privileges | undefined, Result>(
  levels: readonly Level[],
  attempt: (level: Level, fromHere: Level[]) => Promise<Result>,
  retryWithMore: (error: unknown, level: Level) => boolean | Promise<boolean>
): Promise<Result> {
  for (const [index, level] of levels.entries()) {
    try {
      return await attempt(level, levels.slice(index))
    } catch (error) {
      const isLast = index === levels.length - 1
      if (isLast || !(await retryWithMore(error, level))) throw error
    }
  }
  throw new Error('No privilege level to try.')
}
