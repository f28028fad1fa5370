import type { Signature } from '../signature.js'

/** What CRIU says at a checkpoint. */
export const criuDump: readonly Signature[] = [
  {
    id: 'criu-amx-xsave',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't set FPU registers for \d+: Bad address/m,
    category: 'jdk',
    cause: 'The CPU has AMX, and the registers that it adds do not fit into the tables of this CRIU.',
    fix: 'Use the CRIU of the base image (`criu: auto`), which is 4.1 or newer in the default one.',
    weight: 'cause'
  },
  {
    id: 'criu-xsave-warn',
    operations: ['dump'],
    stream: 'criu',
    pattern: /max xsave frame exceed xsave_struct \((\d+) (\d+)\)/m,
    category: 'jdk',
    cause: 'The registers of this CPU ($1 bytes) do not fit into the tables of this CRIU ($2 bytes).',
    fix: 'Use the CRIU of the base image (`criu: auto`), which is 4.1 or newer in the default one.',
    weight: 'cause'
  },
  {
    id: 'criu-sockopt-616',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't get 1:(?:16|34)(?:\(\d+\))? opt: Operation not supported/m,
    category: 'application',
    cause:
      'The application still has an internet socket open, of which kernels from 6.16 on do not tell what this CRIU asks.',
    fix: 'Close every socket in beforeCheckpoint; with `env` or `java-options` give the framework its CRaC support.',
    weight: 'cause'
  },
  {
    id: 'criu-rseq',
    operations: ['dump'],
    stream: 'criu',
    pattern: /has rseq but kernel lacks get_rseq_conf feature/m,
    category: 'image',
    cause:
      'The base image has a glibc that uses restartable sequences, and this kernel cannot tell CRIU about them.',
    fix: 'Use a runner with kernel 5.13 or newer, or `env: GLIBC_TUNABLES=glibc.pthread.rseq=0`.',
    weight: 'cause'
  },
  {
    id: 'criu-seccomp-suspend',
    operations: ['dump'],
    stream: 'criu',
    pattern: /suspending seccomp failed: (.+)/m,
    category: 'runner',
    cause: 'CRIU may not suspend the seccomp filter of the JVM ($1).',
    fix: 'Leave `privileges` at `auto`; if every level was tried, let this engine run containers with `seccomp=unconfined`.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-unseizable',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Unseizable non-zombie (\d+) found, state (\S+), err/m,
    category: 'runner',
    cause:
      'CRIU cannot take hold of process $1 (state $2), because another program traces it or because it may not.',
    fix: 'Take debuggers and profilers out of `java-options`; if there are none, let containers have SYS_PTRACE.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-own-tree',
    operations: ['dump'],
    stream: 'criu',
    pattern: /The criu itself is within dumped tree|can't move out of JVM process hierarchy/m,
    category: 'internal',
    cause: 'CRIU was started inside the tree of processes that it should dump.',
    fix: 'Please open an issue with the log of this step: the action should not have let this happen.',
    weight: 'cause'
  },
  {
    id: 'criu-io-uring',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Unknown shit .*anon_inode:\[io_uring\]|anon_inode:\[io_uring\]/m,
    category: 'application',
    cause: 'The application uses io_uring, which CRIU cannot dump.',
    fix: 'Switch it off for the checkpoint, for example with `java-options: -Dio.netty.transport.noNative=true` for Netty, or close the transport in beforeCheckpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-fd-type',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't dump file (\d+) of that type \[\d+\] \((.*)\)/m,
    category: 'application',
    cause: 'The application has a descriptor open of a kind that CRIU cannot dump: number $1, $2.',
    fix: 'Close what opened it in beforeCheckpoint: profilers, watchers and native libraries are the usual ones.',
    weight: 'cause'
  },
  {
    id: 'criu-tcp-established',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Connected TCP socket, consider using --tcp-established/m,
    category: 'application',
    cause: 'The application has a TCP connection open.',
    fix: 'Close connections in beforeCheckpoint (pools, clients, telemetry) and open them again in afterRestore.',
    weight: 'cause'
  },
  {
    id: 'criu-unix-external',
    operations: ['dump'],
    stream: 'criu',
    pattern:
      /External socket is used\. Consider using --ext-unix-sk|Can't dump half of stream unix connection|Can't dump name-less external socket/m,
    category: 'application',
    cause: 'The application has a Unix socket open whose other end is outside the snapshot.',
    fix: 'Close it in beforeCheckpoint; agents and log drivers are the usual owners.',
    weight: 'cause'
  },
  {
    id: 'criu-unix-inflight',
    operations: ['dump'],
    stream: 'criu',
    pattern: /In-flight connection/m,
    category: 'runner',
    cause: 'A connection was just being made while CRIU looked.',
    fix: 'Run the job again; if a health check calls the application all the time, switch it off for the checkpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-lookup-mount',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Error \([^)]{1,80}\): (?:[\w ]{1,20}: )?Can't lookup mount=(\d+) for fd=(-?\d+) path=(.+)/m,
    category: 'application',
    cause: 'CRIU cannot find the file system of an open file: descriptor $2, $3.',
    fix: "Close that file in beforeCheckpoint; if it is the application's own output, keep it on standard output.",
    weight: 'cause'
  },
  {
    id: 'criu-overmounted',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Open files on overmounted mounts are not supported yet/m,
    category: 'application',
    cause: 'A file is open whose place another file system was mounted over.',
    fix: 'Close it in beforeCheckpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-ghost-limit',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't dump ghost file (\S+) of (\d+) size, increase limit/m,
    category: 'application',
    cause: 'A deleted file of $2 bytes is still open or mapped: $1.',
    fix: 'Close it in beforeCheckpoint; caches in /tmp are the usual ones.',
    weight: 'cause'
  },
  {
    id: 'criu-link-remap',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't create link remap for (.+?)\. Use link-remap/m,
    category: 'application',
    cause: 'A file is open that was deleted, or whose name changed: $1.',
    fix: 'Close it in beforeCheckpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-inotify',
    operations: ['dump'],
    stream: 'criu',
    pattern: /fsnotify:\s*Can't dump that handle|Can't find suitable path for handle|irmap: Can't stat/m,
    category: 'application',
    cause: 'The application watches files or folders that CRIU cannot find again.',
    fix: 'Stop the watch service in beforeCheckpoint: reloading of configuration and development tools use one.',
    weight: 'cause'
  },
  {
    id: 'criu-nonregular-map',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't handle non-regular mapping|Can't open \d+'s mapfile link/m,
    category: 'application',
    cause: 'The application has something mapped into its memory that is no plain file.',
    fix: 'Close devices and shared memory in beforeCheckpoint; profilers and GPU libraries map such things.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-mapping',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Unsupported mapping found [0-9a-f]+-[0-9a-f]+/m,
    category: 'application',
    cause: 'The application has memory of a kind that CRIU does not know.',
    fix: 'Leave native libraries and JVM options that map devices or huge pages out of the checkpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-sysv-shm',
    operations: ['dump'],
    stream: 'criu',
    pattern: /with SysVIPC shmem map @\S+ doesn't live in IPC ns/m,
    category: 'application',
    cause: 'The application uses System V shared memory.',
    fix: 'Let go of it in beforeCheckpoint; a native library uses it.',
    weight: 'cause'
  },
  {
    id: 'criu-enospc',
    operations: ['dump'],
    stream: 'criu',
    pattern: /(?:Error|Warn) {1,2}\([^)]{1,80}\): .{0,300}No space left on device/m,
    category: 'runner',
    cause: 'The disk was full while CRIU wrote the snapshot.',
    fix: 'Free disk space on the runner, or give the JVM a smaller heap with `java-options: -Xmx...`.',
    weight: 'cause',
    remedy: 'disk'
  },
  {
    id: 'criu-timeout',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Timeout reached\. Try to interrupt/m,
    category: 'runner',
    cause: 'CRIU could not stop all threads of the JVM in time.',
    fix: 'Run the job again on a runner that is less busy; if it stays, warm up with less concurrency.',
    weight: 'cause'
  },
  {
    id: 'criu-stopped-task',
    operations: ['dump'],
    stream: 'criu',
    pattern:
      /Task \d+ is in unexpected state|unsupported stop signal|Individually stopped threads not supported/m,
    category: 'application',
    cause: 'A thread or process of the application is stopped, and CRIU cannot go on with it.',
    fix: 'Let nothing stop the JVM (SIGSTOP, debuggers), and end child processes in beforeCheckpoint.',
    weight: 'cause'
  },
  {
    id: 'criu-session',
    operations: ['dump'],
    stream: 'criu',
    pattern:
      /A session leader of \d+\(\d+\) is outside of its pid namespace|is not a session leader\. Consider using --shell-job/m,
    category: 'internal',
    cause: 'The JVM belongs to a session whose leader is not in the snapshot.',
    fix: 'Please open an issue with the log of this step: the action should not have let this happen.',
    weight: 'cause'
  },
  {
    id: 'criu-parasite-memfd',
    operations: ['dump'],
    stream: 'criu',
    pattern:
      /Can't create memfd in victim|Can't [lr]m?map memfd for parasite blob|Can't infect \(pid: \d+\) with parasite/m,
    category: 'runner',
    cause: 'CRIU could not put its helper into the JVM.',
    fix: 'Let containers of this engine have SYS_PTRACE without a seccomp filter; leave `privileges` at `auto`.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-aio',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Failed to check aio rings|wrong aio: tail=/m,
    category: 'application',
    cause: 'The application has asynchronous disk operations under way.',
    fix: 'Wait for them in beforeCheckpoint; a native library or database driver started them.',
    weight: 'cause'
  },
  {
    id: 'criu-freezer',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Unable to freeze cgroup|Neither a cgroupv1 \(freezer\.state\) or cgroupv2 \(cgroup\.freeze\)/m,
    category: 'runner',
    cause: "CRIU could not freeze the container's control group.",
    fix: 'Update the engine; inside other containers, give this one its own cgroup namespace.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'criu-mntns',
    operations: ['dump'],
    stream: 'criu',
    pattern:
      /Nested mount namespaces are not supported|is autodetected external mount|doesn't have a proper root mount/m,
    category: 'runner',
    cause: 'The mounts of this container are of a kind that CRIU cannot describe.',
    fix: 'Use a plain Docker engine on the runner; nested engines and user namespaces make such mounts.',
    weight: 'cause'
  },
  {
    id: 'criu-32bit',
    operations: ['dump'],
    stream: 'criu',
    pattern: /Can't dump task \d+ running in 32-bit mode/m,
    category: 'image',
    cause: 'A process of the application is a 32-bit program.',
    fix: 'Use a 64-bit JDK, and end 32-bit child processes in beforeCheckpoint.',
    weight: 'cause'
  }
]
