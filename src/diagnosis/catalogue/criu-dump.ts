import { fixedIn } from '../criu-limits.js'
import { signatures } from '../signature.js'
import { DOCS } from '../../lib/errors.js'

const DEFAULT_HAS = 'The default `base-image` has version 4.1 or newer'

/** Lines of CRIU at a checkpoint. */
export const criuDump = signatures({ operations: ['dump'], stream: 'criu' }, [
  {
    id: 'criu-amx-xsave',
    pattern: /Can't set FPU registers for \d+: Bad address/m,
    category: 'jdk',
    cause: 'The CPU has AMX registers (Intel, from 2023 on), which this version of CRIU does not support.',
    fix: `Use CRIU ${fixedIn('criu-amx-xsave')} or newer. ${DEFAULT_HAS}: remove the inputs \`criu\` and \`base-image\`, or install it in your own base image.`
  },
  {
    id: 'criu-xsave-warn',
    pattern: /max xsave frame exceed xsave_struct \((\d+) (\d+)\)/m,
    category: 'jdk',
    cause: 'The registers of this CPU need $1 bytes, but this version of CRIU supports $2 bytes.',
    fix: `Use CRIU ${fixedIn('criu-amx-xsave')} or newer, such as that of the base image (\`criu: auto\`). ${DEFAULT_HAS}.`
  },
  {
    id: 'criu-sockopt-616',
    pattern: /Can't get 1:(?:16|34)(?:\(\d+\))? opt: Operation not supported/m,
    category: 'application',
    cause:
      'The application has an internet socket open, and this version of CRIU cannot read its options on kernel 6.16 or newer.',
    fix: `Close every socket in beforeCheckpoint, or enable the CRaC support of the framework with \`env\` or \`java-options\`; or use CRIU ${fixedIn('criu-sockopt-616')} or newer.`
  },
  {
    id: 'criu-udplite',
    // The one trace of the cause is a line for debugging, just before the end (checkpoint-restore/criu#3002).
    pattern: /proto IPPROTO_UDPLITE: -2[\s\S](?:\(\d+\.\d+\) )?Error \([^):]{1,80}:\d+\): Dumping FAILED\./m,
    category: 'image',
    cause: 'This version of CRIU needs UDP-Lite, which kernel 7.1 and newer do not have.',
    fix: `Use CRIU ${fixedIn('criu-udplite')} or newer, as an image in \`criu-image\` has it (${DOCS}/decisions/criu.md), or a runner with an older kernel.`
  },
  {
    id: 'criu-page-parasite',
    pattern: /Can't dump page with parasite/m,
    category: 'image',
    cause:
      'CRIU could not read the memory of a process. On glibc 2.42 and newer, the stacks of threads have guard pages that it may not know.',
    fix: `With such a glibc in the base image, use CRIU ${fixedIn('criu-page-parasite')} or newer and a runner with kernel 6.16 or newer, or Debian 13 as \`base-image\`.`,
    weight: 'general'
  },
  {
    id: 'criu-rseq',
    pattern: /has rseq but kernel lacks get_rseq_conf feature/m,
    category: 'image',
    cause:
      'The glibc of the base image uses restartable sequences (rseq), but this kernel does not report them to CRIU.',
    fix: 'Use a runner with kernel 5.13 or newer, or set `env: GLIBC_TUNABLES=glibc.pthread.rseq=0`.'
  },
  {
    id: 'criu-seccomp-suspend',
    pattern: /suspending seccomp failed: (.+)/m,
    category: 'runner',
    cause:
      'The runner does not let CRIU freeze the JVM: the seccomp filter of the container (its allowed system calls) cannot be suspended ($1).',
    fix: 'The action started the container with `--security-opt seccomp=unconfined`, and the runner did not allow it: check the security policies of its Docker engine, or use another runner.',
    remedy: 'privileges'
  },
  {
    id: 'criu-unseizable',
    pattern: /Unseizable non-zombie (\d+) found, state (\S+), err/m,
    category: 'runner',
    cause:
      'CRIU cannot attach to process $1 (state $2): another program traces it, or CRIU lacks the permission.',
    fix: 'Remove debuggers and profilers from `java-options`. If there are none, allow the capability SYS_PTRACE for containers.',
    remedy: 'privileges'
  },
  {
    id: 'criu-own-tree',
    pattern: /The criu itself is within dumped tree|can't move out of JVM process hierarchy/m,
    category: 'internal',
    cause: 'CRIU was started inside the process tree that it should dump.',
    fix: 'Please open an issue with the log of this step: this is a defect of crac-checkpoint.'
  },
  {
    id: 'criu-io-uring',
    pattern: /Unknown shit .{0,300}anon_inode:\[io_uring\]|anon_inode:\[io_uring\]/m,
    category: 'application',
    cause: 'The application uses io_uring, which CRIU cannot dump.',
    fix: 'Disable io_uring for the checkpoint (for Netty: `java-options: -Dio.netty.transport.noNative=true`), or close the transport in beforeCheckpoint.'
  },
  {
    id: 'criu-fd-type',
    pattern: /Can't dump file (\d+) of that type \[\d+\] \((.{0,300})\)/m,
    category: 'application',
    cause: 'The application has file descriptor $1 open, of a kind that CRIU cannot dump: $2.',
    fix: 'Close it in beforeCheckpoint. Usual owners are profilers, file watchers and native libraries.'
  },
  {
    id: 'criu-tcp-established',
    pattern: /Connected TCP socket, consider using --tcp-established/m,
    category: 'application',
    cause: 'The application has a TCP connection open.',
    fix: 'Close connections (pools, clients, telemetry) in beforeCheckpoint and open them again in afterRestore.'
  },
  {
    id: 'criu-unix-external',
    pattern:
      /External socket is used\. Consider using --ext-unix-sk|Can't dump half of stream unix connection|Can't dump name-less external socket/m,
    category: 'application',
    cause: 'The application has a Unix socket open whose other end is outside the snapshot.',
    fix: 'Close it in beforeCheckpoint. Usual owners are agents and log drivers.'
  },
  {
    id: 'criu-unix-inflight',
    pattern: /In-flight connection/m,
    category: 'runner',
    cause: 'A connection was being established during the dump.',
    fix: 'Run the job again. If a health check calls the application all the time, disable it for the checkpoint.'
  },
  {
    id: 'criu-lookup-mount',
    pattern: /Error \([^)]{1,80}\): (?:[\w ]{1,20}: )?Can't lookup mount=(\d+) for fd=(-?\d+) path=(.+)/m,
    category: 'application',
    cause: 'CRIU cannot find the file system of an open file: file descriptor $2, $3.',
    fix: 'Close that file in beforeCheckpoint. If the application writes its output to it, use standard output instead.'
  },
  {
    id: 'criu-overmounted',
    pattern: /Open files on overmounted mounts are not supported yet/m,
    category: 'application',
    cause: 'An open file is hidden by a file system that was mounted over its path.',
    fix: 'Close the file in beforeCheckpoint.'
  },
  {
    id: 'criu-ghost-limit',
    pattern: /Can't dump ghost file (\S+) of (\d+) size, increase limit/m,
    category: 'application',
    cause:
      'A deleted file of $2 bytes is still open or mapped, and a snapshot keeps at most 128 MB of one: $1.',
    fix: 'Close it in beforeCheckpoint, or do not delete it while it is in use. It is often a cache or a native library in /tmp.'
  },
  {
    id: 'criu-ghost-native',
    pattern:
      /Can't dump ghost file (\/\S{1,200}(?:netty|conscrypt|jna\d|\.so(?![\w-]))\S{0,200}) of (\d+) size, increase limit/m,
    category: 'application',
    cause:
      'A native library of $2 bytes was deleted after it was loaded, and a snapshot keeps at most 128 MB of such a file: $1.',
    fix: 'Let the library keep its file, with an option in `java-options`: -Dio.netty.native.deleteLibAfterLoading=false (Netty, also the Netty in gRPC), -Dorg.conscrypt.native.deleteLibAfterLoading=false (Conscrypt), or -Djna.nounpack=true with the library in the image (JNA). For another library, put its native file into the image with `files`, and set the option of the library to that path.',
    weight: 'specific'
  },
  {
    id: 'criu-link-remap',
    pattern: /Can't create link remap for (.{1,300}?)\. Use link-remap/m,
    category: 'application',
    cause: 'An open file was deleted or renamed: $1.',
    fix: 'Close the file in beforeCheckpoint.'
  },
  {
    id: 'criu-inotify',
    pattern: /fsnotify:\s*Can't dump that handle|Can't find suitable path for handle|irmap: Can't stat/m,
    category: 'application',
    cause: 'The application watches files or folders that CRIU cannot find again.',
    fix: 'Stop the watch service in beforeCheckpoint. Development tools and the reloading of configuration use one.'
  },
  {
    id: 'criu-nonregular-map',
    pattern: /Can't handle non-regular mapping|Can't open \d+'s mapfile link/m,
    category: 'application',
    cause: 'The application has mapped something into its memory that is not a regular file.',
    fix: 'Close devices and shared memory in beforeCheckpoint. Profilers and GPU libraries map them.',
    remedy: 'privileges'
  },
  {
    id: 'criu-mapping',
    pattern: /Unsupported mapping found [0-9a-f]+-[0-9a-f]+/m,
    category: 'application',
    cause: 'The application has a kind of memory that CRIU does not support.',
    fix: 'For the checkpoint, remove native libraries and JVM options that map devices or huge pages.'
  },
  {
    id: 'criu-sysv-shm',
    pattern: /with SysVIPC shmem map @\S+ doesn't live in IPC ns/m,
    category: 'application',
    cause: 'The application uses System V shared memory.',
    fix: 'Release it in beforeCheckpoint. A native library uses it.'
  },
  {
    id: 'criu-enospc',
    pattern: /(?:Error|Warn) {1,2}\([^)]{1,80}\): .{0,300}No space left on device/m,
    category: 'runner',
    cause: 'Not enough disk space: the disk became full while CRIU wrote the snapshot.',
    fix: "Free space on Docker's disk, for example with `docker system prune`; or let the workflow author set a smaller heap (`java-options: -Xmx...`).",
    remedy: 'disk'
  },
  {
    id: 'criu-timeout',
    pattern: /Timeout reached\. Try to interrupt/m,
    category: 'runner',
    cause: 'CRIU could not stop all threads of the JVM in time.',
    fix: 'Run the job again on a runner with less load. If it fails again, use less concurrency in the warm-up.'
  },
  {
    id: 'criu-stopped-task',
    pattern:
      /Task \d+ is in unexpected state|unsupported stop signal|Individually stopped threads not supported/m,
    category: 'application',
    cause: 'A thread or process of the application is stopped, and CRIU cannot dump it.',
    fix: 'Make sure that nothing stops the JVM (SIGSTOP, debuggers), and end child processes in beforeCheckpoint.'
  },
  {
    id: 'criu-session',
    pattern:
      /A session leader of \d+\(\d+\) is outside of its pid namespace|is not a session leader\. Consider using --shell-job/m,
    category: 'internal',
    cause: 'The JVM belongs to a session whose leader is not in the snapshot.',
    fix: 'Please open an issue with the log of this step: this is a defect of crac-checkpoint.'
  },
  {
    id: 'criu-parasite-memfd',
    pattern:
      /Can't create memfd in victim|Can't [lr]m?map memfd for parasite blob|Can't infect \(pid: \d+\) with parasite/m,
    category: 'runner',
    cause: 'CRIU could not inject its helper code into the JVM.',
    fix: 'Allow containers with SYS_PTRACE and without a seccomp filter on this Docker engine, and leave `privileges` at `auto`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-aio',
    pattern: /Failed to check aio rings|wrong aio: tail=/m,
    category: 'application',
    cause: 'The application has asynchronous disk operations in progress.',
    fix: 'Wait for them in beforeCheckpoint. A native library or a database driver started them.'
  },
  {
    id: 'criu-freezer',
    pattern: /Unable to freeze cgroup|Neither a cgroupv1 \(freezer\.state\) or cgroupv2 \(cgroup\.freeze\)/m,
    category: 'runner',
    cause: 'CRIU could not freeze the control group (cgroup) of the container.',
    fix: 'Update the Docker engine. If containers are nested, give this container its own cgroup namespace.',
    remedy: 'privileges'
  },
  {
    id: 'criu-mntns',
    pattern:
      /Nested mount namespaces are not supported|is autodetected external mount|doesn't have a proper root mount/m,
    category: 'runner',
    cause: 'The container has mounts that CRIU cannot describe.',
    fix: 'Use a plain Docker engine on the runner. Nested Docker engines and user namespaces cause such mounts.'
  },
  {
    id: 'criu-32bit',
    pattern: /Can't dump task \d+ running in 32-bit mode/m,
    category: 'image',
    cause: 'A process of the application is a 32-bit program.',
    fix: 'Use a 64-bit JDK, and end 32-bit child processes in beforeCheckpoint.'
  }
])
