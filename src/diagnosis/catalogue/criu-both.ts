import type { Signature } from '../signature.js'

/** What CRIU says at a checkpoint or a restore. */
export const criuBoth: readonly Signature[] = [
  {
    id: 'criu-vdso-bounds',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Unexpected rt vDSO area bounds/m,
    category: 'jdk',
    cause: "This kernel's vDSO is larger than this CRIU expects, as kernels from 6.13 on have it.",
    fix: 'Use the CRIU of the base image (`criu: auto`), which is 4.1 or newer in the default one.',
    weight: 'cause'
  },
  {
    id: 'criu-compat-vdso',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Compatible vdso's size is bigger than reserved buf/m,
    category: 'jdk',
    cause: "The kernel's vDSO for 32-bit programs is larger than this CRIU expects.",
    fix: 'Use the CRIU of the base image (`criu: auto`), which is 4.1 or newer in the default one.',
    weight: 'cause'
  },
  {
    id: 'criu-ptrace-denied',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern:
      /(?:PTRACE_TRACEME\) failed|Unable to ptrace the child|can't interrupt task): Operation not permitted/m,
    category: 'runner',
    cause: 'The kernel does not let CRIU trace the JVM.',
    fix: 'Let containers of this engine have SYS_PTRACE, and set kernel.yama.ptrace_scope to 1 or 0 on the runner.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-short-write',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Img trimmed (\d+)\/(\d+)|Unexpected EOF$/m,
    category: 'runner',
    cause:
      'A file of the snapshot is shorter than it should be: the disk was full, or the image was changed.',
    fix: 'Free disk space on the runner and run the job again.',
    weight: 'cause'
  },
  {
    id: 'criu-enomem',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern:
      /(?:Unable to reserve memory|Unable to map ANON_VMA|Can't map|mmap).*Cannot allocate memory|Unable to reserve memory \(\d+ bytes\)/m,
    category: 'runner',
    cause: 'There was not enough memory for CRIU to map what the process has.',
    fix: 'Give the host or the container more memory, or the JVM a smaller heap with `java-options: -Xmx...`.',
    weight: 'cause'
  },
  {
    id: 'criu-no-cap',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /CRIU needs to have the CAP_SYS_ADMIN or the CAP_CHECKPOINT_RESTORE capability/m,
    category: 'runner',
    cause: 'CRIU has neither of the capabilities CHECKPOINT_RESTORE and SYS_ADMIN.',
    fix: 'Start the container with the flags in the output `restore-flags` (`allowPrivilegeEscalation: true` in Kubernetes); for the checkpoint leave `privileges` at `auto`.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-unprivileged-flag',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Running as non-root requires '--unprivileged'/m,
    category: 'internal',
    cause: 'CRIU was not told that its user is not root.',
    fix: 'Please open an issue with the log of this step: the action should not have let this happen.',
    weight: 'cause'
  },
  {
    id: 'criu-netlink-selinux',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Can't send request message: Permission denied/m,
    category: 'runner',
    cause: 'SELinux does not let CRIU ask the kernel about sockets.',
    fix: 'On the host, set the SELinux boolean virt_sandbox_use_netlink, or run the container with `--security-opt label=disable`.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-logfile',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Can't create log file (\S+): (.+)/m,
    category: 'image',
    cause: 'CRIU may not write its log: $1, $2.',
    fix: 'Let the folder of the snapshot belong to the `user` of the image, and keep it writable.',
    weight: 'cause'
  },
  {
    id: 'criu-imgdir',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Couldn't open image dir (.+)|Can't open dir (.+): No such file/m,
    category: 'image',
    cause: 'The folder of the snapshot is not there: $1$2.',
    fix: 'Let nothing be mounted over /opt/crac-checkpoint, and build the image again.',
    weight: 'cause'
  },
  {
    id: 'criu-nofile',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Can't chose service_fd_base: (-?\d+) (-?\d+)/m,
    category: 'runner',
    cause: 'The limit of open files is so high that CRIU has no room for its own.',
    fix: "Start the container with `--ulimit nofile=1024:65536`, or lower the engine's default.",
    weight: 'cause'
  }
]
