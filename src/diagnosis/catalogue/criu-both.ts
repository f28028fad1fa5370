import type { Signature } from '../signature.js'

/** Lines of CRIU at a checkpoint or a restore. */
export const criuBoth: readonly Signature[] = [
  {
    id: 'criu-vdso-bounds',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Unexpected rt vDSO area bounds/m,
    category: 'jdk',
    cause:
      'This version of CRIU does not support the vDSO of this kernel, which is larger from kernel 6.13 on.',
    fix: 'Use the CRIU of the base image (`criu: auto`). The default base image has CRIU 4.1 or newer.',
    weight: 'cause'
  },
  {
    id: 'criu-compat-vdso',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Compatible vdso's size is bigger than reserved buf/m,
    category: 'jdk',
    cause:
      'This version of CRIU does not support the vDSO for 32-bit programs of this kernel: it is too large.',
    fix: 'Use the CRIU of the base image (`criu: auto`). The default base image has CRIU 4.1 or newer.',
    weight: 'cause'
  },
  {
    id: 'criu-ptrace-denied',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern:
      /(?:PTRACE_TRACEME\) failed|Unable to ptrace the child|can't interrupt task): Operation not permitted/m,
    category: 'runner',
    cause: 'The kernel does not allow CRIU to trace the JVM.',
    fix: 'Allow the capability SYS_PTRACE for containers on this Docker engine, and set kernel.yama.ptrace_scope to 1 or 0 on the runner.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-short-write',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Img trimmed (\d+)\/(\d+)|Unexpected EOF$/m,
    category: 'runner',
    cause: 'A file of the snapshot is too short: the disk was full, or the image was changed.',
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
    cause: 'Not enough memory: CRIU could not map the memory of the process.',
    fix: 'Give the host or the container more memory, or give the JVM a smaller heap with `java-options: -Xmx...`.',
    weight: 'cause'
  },
  {
    id: 'criu-no-cap',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /CRIU needs to have the CAP_SYS_ADMIN or the CAP_CHECKPOINT_RESTORE capability/m,
    category: 'runner',
    cause: 'CRIU has neither the capability CHECKPOINT_RESTORE nor SYS_ADMIN.',
    fix: 'Start the container with the flags in the output `restore-flags` (in Kubernetes: `allowPrivilegeEscalation: true`). For the checkpoint, leave `privileges` at `auto`.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-unprivileged-flag',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Running as non-root requires '--unprivileged'/m,
    category: 'internal',
    cause: 'CRIU was started by a user other than root, but without the option --unprivileged.',
    fix: 'Please open an issue with the log of this step: this is a defect of crac-checkpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-netlink-selinux',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Can't send request message: Permission denied/m,
    category: 'runner',
    cause: 'SELinux does not allow CRIU to query the kernel about sockets.',
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
    cause: 'CRIU is not allowed to write its log: $1, $2.',
    fix: 'Make the `user` of the image the owner of the folder of the snapshot, and keep it writable.',
    weight: 'cause'
  },
  {
    id: 'criu-imgdir',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Couldn't open image dir (.+)|Can't open dir (.+): No such file/m,
    category: 'image',
    cause: 'The folder of the snapshot is missing: $1$2.',
    fix: 'Do not mount anything over /opt/crac-checkpoint, and build the image again.',
    weight: 'cause'
  },
  {
    id: 'criu-nofile',
    operations: ['dump', 'restore'],
    stream: 'criu',
    pattern: /Can't chose service_fd_base: (-?\d+) (-?\d+)/m,
    category: 'runner',
    cause: 'The limit of open files is so high that CRIU cannot reserve file descriptors for itself.',
    fix: 'Start the container with `--ulimit nofile=1024:65536`, or lower the default of the Docker engine.',
    weight: 'cause'
  }
]
