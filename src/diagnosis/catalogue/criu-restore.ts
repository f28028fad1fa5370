import { signatures } from '../signature.js'

/** Lines of CRIU at a restore. */
export const criuRestore = signatures({ operations: ['restore'], stream: 'criu' }, [
  {
    id: 'criu-vdso-image',
    pattern: /Can't find vDSO area in image/m,
    category: 'image',
    cause:
      'The kernel of this host differs from the kernel of the checkpoint, and this version of CRIU cannot match their vDSOs.',
    fix: 'Restore with CRIU 4.1 or newer (`criu: system`), or build on a runner with the same kernel as the host.'
  },
  {
    id: 'criu-fork-eexist',
    pattern: /Can't fork for (\d+): File exists/m,
    category: 'runner',
    cause: 'The process id $1 is already in use, but a restored process needs its previous id.',
    fix: 'Give the container process ids of its own (no `--pid`, `hostPID` or `shareProcessNamespace`), and start no other program in it before the restore.'
  },
  {
    id: 'criu-fork-erofs',
    pattern: /Can't fork for (\d+): (?:Read-only file system|Permission denied)/m,
    category: 'runner',
    cause: 'CRIU could not create a process with the id $1: neither clone3 nor /proc/sys was usable.',
    fix: 'Start the container with the flags in the output `restore-flags`.'
  },
  {
    id: 'criu-fork-eperm',
    pattern: /Can't fork for (\d+): Operation not permitted/m,
    category: 'runner',
    cause: 'CRIU is not allowed to choose the process id $1.',
    fix: 'Start the container with the flags in the output `restore-flags`: the capability CHECKPOINT_RESTORE is missing.',
    remedy: 'privileges'
  },
  {
    id: 'criu-fork-einval',
    pattern: /Can't fork for (\d+): Invalid argument/m,
    category: 'image',
    cause: 'The process id $1 is not valid, or larger than this host allows.',
    fix: 'Raise kernel.pid_max on the host, or build the image on a runner with lower process ids.'
  },
  {
    id: 'criu-fork-eagain',
    pattern: /Can't fork for (\d+): Resource temporarily unavailable/m,
    category: 'runner',
    cause: 'The container is not allowed to have so many processes (process id $1).',
    fix: 'Start the container with a higher `--pids-limit`: the number of threads of the application, and some more.'
  },
  {
    id: 'criu-pid-mismatch',
    pattern: /Pid (\d+) do not match expected (\d+)/m,
    category: 'runner',
    cause: 'A process got the id $1 instead of $2.',
    fix: 'Do not start anything else in the container, and use the flags in the output `restore-flags`.'
  },
  {
    id: 'criu-thread-pid',
    pattern: /Thread pid mismatch (\d+)\/(\d+)|Unable to create a thread: (-?\d+)/m,
    category: 'runner',
    cause: 'A thread could not get its previous id.',
    fix: 'Do not start anything else in the container before the restore, and use the flags in the output `restore-flags`.'
  },
  {
    id: 'criu-sid',
    pattern: /Current (?:sid|gid) (\d+) intersects with pid \((\d+)\) in images/m,
    category: 'image',
    cause: 'A process id of the snapshot ($2) is in use as a session or group id ($1) in this container.',
    fix: 'Do not start anything before the entry script, and build the image again.'
  },
  {
    id: 'criu-tty-params',
    pattern: /Error \([^)]{1,80}\): (?:tty: )?Can't set tty params on 0x[0-9a-f]+(?!.{0,40}trying to skip)/m,
    category: 'runner',
    cause: 'The terminal of the container cannot be restored to its previous state.',
    fix: 'Start the container without `-t`.'
  },
  {
    id: 'criu-tty-inherit',
    pattern: /Don't have tty to inherit session from, aborting/m,
    category: 'runner',
    cause: 'The snapshot was taken with a terminal, but this container has none.',
    fix: 'Build the image again without a terminal, and start it without `-t`.'
  },
  {
    id: 'criu-bad-size',
    pattern: /File (\S+) has bad size (\d+) \(expect (\d+)\)/m,
    category: 'image',
    cause: 'The file $1 has $2 bytes, but it had $3 bytes at the checkpoint.',
    fix: 'Do not change files of the image after the build: every file that the JVM had open must stay the same.'
  },
  {
    id: 'criu-bad-buildid',
    pattern: /File (\S+) has bad build-ID/m,
    category: 'image',
    cause: 'The library $1 is not the same build as at the checkpoint.',
    fix: 'Do not update packages in the finished image. Build it again instead.'
  },
  {
    id: 'criu-bad-mode',
    pattern: /File (\S+) has bad mode 0(\d+) \(expect 0(\d+)\)/m,
    category: 'image',
    cause: 'The file $1 has the permissions 0$2, but it had 0$3 at the checkpoint.',
    fix: 'Do not change files of the image after the build.'
  },
  {
    id: 'criu-file-missing',
    pattern: /Can't open file (.{1,300}?)(?: on restore)?: (No such file or directory|Permission denied)/m,
    category: 'image',
    cause: 'A file that the process had open or mapped cannot be opened here: $1 ($2).',
    fix: 'Let the application write below /tmp or its home folder, which the image keeps, as files that its user can read; or close the file in beforeCheckpoint.'
  },
  {
    id: 'criu-cpu-caps',
    pattern:
      /CPU (?:instruction )?capabilities do not match run time|FPU feature required by image|CPU xsave (?:max )?size mismatch \(\d+\/\d+\)|CPU xfeatures has unsupported bits/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    fix: 'Build with `cpu-features: generic`. If it is set already, build on the oldest CPU on which the image will run.'
  },
  {
    id: 'criu-pages-mmap',
    pattern: /Can't read pages data \((-?\d+)\)/m,
    category: 'runner',
    cause: 'The memory of the snapshot could not be read ($1).',
    fix: 'Make sure that the file system of the image is executable (not `noexec`), and does not change while the container runs.'
  },
  {
    id: 'criu-magic',
    pattern:
      /[Mm]agic doesn't match for (\S+)|Images corrupted or too old criu|Not supported images version (\d+)|Too old image/m,
    category: 'image',
    cause: 'A file of the snapshot is damaged, or was written by another version of CRIU ($1$2).',
    fix: 'Build the image again, and do not replace its CRIU.'
  },
  {
    id: 'criu-prctl-mm',
    pattern: /sys_prctl\(PR_SET_MM, PR_SET_MM_MAP\) failed with (-?\d+)/m,
    category: 'runner',
    cause: 'CRIU is not allowed to set the memory layout of the process.',
    fix: 'Start the container with the flags in the output `restore-flags`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-killed',
    pattern: /(?<!\d)(\d{1,10}) killed by signal (\d+): (.+)/m,
    category: 'runner',
    cause: 'Signal $2 ($3) ended process $1 of the snapshot during the restore.',
    fix: 'Read the line above it in the log. With signal 11 or 4, the CPU differs from that of the checkpoint: build with `cpu-features: generic`.'
  },
  {
    id: 'criu-restore-mapping',
    pattern: /Can't restore [0-9a-f]+ mapping with -?[0-9a-f]+|Can't restore high memory region/m,
    category: 'runner',
    cause: 'CRIU could not map a part of the memory at its previous address.',
    fix: 'Use a host with the same architecture and enough memory, and without a limit on the address space.'
  },
  {
    id: 'criu-clone3-denied',
    pattern: /Unexpected error from clone3: Operation not permitted/m,
    category: 'runner',
    cause:
      'CRIU is not allowed to choose process ids: the container does not have the capability CHECKPOINT_RESTORE.',
    fix: 'Start the container with the flags that the output `restore-flags` lists: the host must allow `--cap-add CHECKPOINT_RESTORE`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-vmsplice',
    pattern: /Error splicing data: Operation not permitted/m,
    category: 'runner',
    cause: 'CRIU is not allowed to fill the pipes of the process.',
    fix: 'Start the container with the flags in the output `restore-flags`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-creds',
    pattern:
      /Unable to set (?:real, effective and saved (?:user|group) ID|SECURE_NO_SETUID_FIXUP|PR_SET_SECUREBITS|fsuid|fsgid)|Can't setup supplementary group IDs|Unable to (?:drop capability|restore capabilities)|Ignoring restore_task error 2/m,
    category: 'runner',
    cause: 'CRIU could not set the user, the group or the capabilities of the process.',
    fix: 'Start the container with the flags in the output `restore-flags`, and as the user of the image.',
    remedy: 'privileges'
  },
  {
    id: 'criu-bind',
    pattern: /Can't bind (?:inet )?socket.{0,300}: (Address already in use|Cannot assign requested address)/m,
    category: 'application',
    cause: 'A listening socket of the snapshot cannot be opened here: $1.',
    fix: 'Close listening sockets in beforeCheckpoint and open them again in afterRestore.'
  },
  {
    id: 'criu-apparmor',
    pattern: /can't write lsm profile -?\d+|apparmor LSM specified but|mismatched lsm types/m,
    category: 'runner',
    cause: 'The AppArmor profile of the process cannot be set on this host.',
    fix: 'Run the container with `--security-opt apparmor=unconfined`. For the build, leave `privileges` at `auto`.',
    remedy: 'privileges'
  },
  {
    id: 'criu-ns-last-pid-ro',
    pattern: /Can't open \S*sys\/kernel\/ns_last_pid on procfs: Read-only file system/m,
    category: 'runner',
    cause:
      'The seccomp profile blocks clone3, and CRIU used /proc/sys instead, which is read-only in containers.',
    fix: 'Start the container with the flags in the output `restore-flags`: seccomp.json in the image allows clone3.',
    remedy: 'privileges'
  },
  {
    id: 'criu-stats-restore-denied',
    pattern: /Unable to open stats-restore: Permission denied/m,
    category: 'runner',
    cause: 'CRIU could not write its statistics. This does not affect the restore.',
    fix: 'No action is necessary.',
    weight: 'noise'
  }
])
