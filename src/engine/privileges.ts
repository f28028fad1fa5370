/**
 * The least that CRIU 4.1 and newer need, as `docker run` flags (measured: docs/decisions/privileges.md).
 * The JVM itself has no capability: CRIU gets them from its file capabilities.
 */
export const CHECKPOINT_FLAGS: readonly string[] = [
  '--cap-add',
  'CHECKPOINT_RESTORE',
  '--cap-add',
  'SYS_PTRACE',
  // CRIU suspends the seccomp filter of what it dumps, which no process under a filter may do.
  '--security-opt',
  'seccomp=unconfined'
]

/** The least for a restore. `seccompProfile` is the path of docker/seccomp.json, or of a copy of it. */
export function restoreFlags(seccompProfile: string): string[] {
  return [
    '--cap-drop',
    'ALL',
    '--cap-add',
    'CHECKPOINT_RESTORE',
    '--cap-add',
    'SETPCAP',
    '--security-opt',
    `seccomp=${seccompProfile}`
  ]
}

/** The `docker run` flags that an image declares; the profile is then a file in the current folder. */
export const DECLARED_FLAGS = restoreFlags('seccomp.json').join(' ')
