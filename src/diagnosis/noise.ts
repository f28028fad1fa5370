/** Lines that follow from an earlier error and are never the cause. */
export const CASCADE = anyOf([
  'Dumping FAILED\\.',
  'Restoring FAILED\\.',
  "Can't dump threads",
  "Can't dump thread for pid \\d+",
  'Parasite exited with -1',
  "Can't init thread in parasite \\d+",
  '(?:Dump files|Collect mappings) \\(pid: \\d+\\) failed with -1',
  'Failed to fill self vdso symtable',
  'kerndat_\\w{1,60} failed when initializing kerndat',
  'Could not initialize kernel features detection',
  "`- Can't open vma",
  'Restorer fail \\d+',
  'Restorer abnormal termination',
  '(?<!\\d)\\d{1,10} exited, status=1',
  '(?<!\\d)\\d{1,10} killed by signal 9: Killed',
  'Unfreezing tasks into 1',
  'Unable to detach from \\d+',
  'JVM: invalid info for restore provided',
  'Native checkpoint failed\\.',
  'CRIU failed with exit code',
  'STARTUPTIME '
])

/** Lines that CRIU logs for debugging, and that are the one trace of a cause. */
export const DEBUG_CAUSE = /proto IPPROTO_UDPLITE: -2$/

/** Lines that CRIU prints in containers although nothing is wrong. */
export const NOISE = anyOf([
  "Can't keep kdat cache on non-tempfs",
  '-(?:1|95) reported by netlink: Operation not (?:permitted|supported)',
  'Unable to create a veth pair: -(?:1|95)',
  "Hugetlb size .{1,40} is supported but cannot get dev's number",
  'Dirty tracking support is OFF',
  'uffd: Lazy pages are not available',
  "Can't set tty params on .{0,200}trying to skip",
  'prctl failed @\\d+ with',
  'prctl set range MM_\\w+',
  'Ignoring restore_task error 1\\b',
  "Can't restore EXE link",
  "Can't (?:seize root task|attach to all tasks|catch all tasks), disabling ptrace",
  // A number in the path: the CRIU of CRaC JDKs, which then continues in another way. With CRIU 4 (`-1/`) it is the cause.
  "Can't open \\d+/sys/kernel/ns_last_pid on procfs",
  'Setting PID failed',
  "can't open last pid fd",
  "rlimit: Can't setup RLIMIT_NOFILE for self",
  'Unable to set SO_(?:SND|RCV)BUFFORCE',
  'Unable to open stats-restore',
  'XDG_RUNTIME_DIR not set',
  'Diag module missing',
  'Unable to open a socket file',
  'Unable to create tun',
  'Unable create a network namespace',
  'Unable to get tun network namespace',
  "NSID isn't reported",
  'Will restore \\d+ with interrupted system call',
  'CRaC closing file descriptor \\d+: '
])

function anyOf(patterns: readonly string[]): RegExp {
  return new RegExp(patterns.join('|'))
}
