import { fixedIn } from '../criu-limits.js'
import { signatures } from '../signature.js'

const NEW_ENOUGH = `Use CRIU ${fixedIn('criu-vdso-bounds')} or newer, such as that of the default base image (\`criu: auto\`).`

/** Lines of CRIU at a checkpoint or a restore. */
export const criuBoth = signatures({ operations: ['dump', 'restore'], stream: 'criu' }, [
  {
    id: 'criu-vdso-bounds',
    pattern: /Unexpected rt vDSO area bounds/m,
    category: 'jdk',
    cause:
      'This version of CRIU does not support the vDSO of this kernel, which is larger from kernel 6.13 on.',
    fix: NEW_ENOUGH
  },
  {
    id: 'criu-compat-vdso',
    pattern: /Compatible vdso's size is bigger than reserved buf/m,
    category: 'jdk',
    cause:
      'This version of CRIU does not support the vDSO for 32-bit programs of this kernel: it is too large.',
    fix: NEW_ENOUGH
  },
  {
    id: 'criu-ptrace-denied',
    pattern:
      /(?:PTRACE_TRACEME\) failed|Unable to ptrace the child|can't interrupt task): Operation not permitted/m,
    category: 'runner',
    cause: 'The kernel does not allow CRIU to trace the JVM.',
    fix: 'Allow the capability SYS_PTRACE for containers on this Docker engine, and set kernel.yama.ptrace_scope to 1 or 0 on the runner.',
    remedy: 'privileges'
  },
  {
    id: 'criu-short-write',
    pattern: /Img trimmed (\d+)\/(\d+)|Unexpected EOF$/m,
    category: 'runner',
    cause: 'A file of the snapshot is too short: the disk was full, or the image was changed.',
    fix: 'Free disk space on the runner and run the job again.'
  },
  {
    id: 'criu-enomem',
    pattern:
      /(?:Unable to reserve memory|Unable to map ANON_VMA|Can't map|mmap).{0,300}Cannot allocate memory|Unable to reserve memory \(\d+ bytes\)/m,
    category: 'runner',
    cause: 'Not enough memory: CRIU could not map the memory of the process.',
    fix: 'Give the host or the container more memory, or give the JVM a smaller heap with `java-options: -Xmx...`.'
  },
  {
    id: 'criu-no-cap',
    pattern: /CRIU needs to have the CAP_SYS_ADMIN or the CAP_CHECKPOINT_RESTORE capability/m,
    category: 'runner',
    cause: 'CRIU has neither the capability CHECKPOINT_RESTORE nor SYS_ADMIN.',
    fix: 'Start the container with the flags in the output `restore-flags` (in Kubernetes: `allowPrivilegeEscalation: true`). For the checkpoint, leave `privileges` at `auto`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-unprivileged-flag',
    pattern: /Running as non-root requires '--unprivileged'/m,
    category: 'internal',
    cause: 'CRIU was started by a user other than root, but without the option --unprivileged.',
    fix: 'Please open an issue with the log of this step: this is a defect of crac-checkpoint.'
  },
  {
    id: 'criu-netlink-selinux',
    pattern: /Can't send request message: Permission denied/m,
    category: 'runner',
    cause: 'SELinux does not allow CRIU to query the kernel about sockets.',
    fix: 'On the host, set the SELinux boolean virt_sandbox_use_netlink, or run the container with `--security-opt label=disable`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-logfile',
    pattern: /Can't create log file (\S+): (.+)/m,
    category: 'image',
    cause: 'CRIU is not allowed to write its log: $1, $2.',
    fix: 'Make the `user` of the image the owner of the folder of the snapshot, and keep it writable.'
  },
  {
    id: 'criu-imgdir',
    pattern: /Couldn't open image dir (.{1,300})|Can't open dir (.{1,300}): No such file/m,
    category: 'image',
    cause: 'The folder of the snapshot is missing: $1$2.',
    fix: 'Do not mount anything over /opt/crac-checkpoint, and build the image again.'
  },
  {
    id: 'criu-nofile',
    pattern: /Can't chose service_fd_base: (-?\d+) (-?\d+)/m,
    category: 'runner',
    cause: 'The limit of open files is so high that CRIU cannot reserve file descriptors for itself.',
    fix: 'Start the container with `--ulimit nofile=1024:65536`, or lower the default of the Docker engine.'
  }
])
