import type { Signature } from '../signature.js'

/** What the JVM and its engine say at a restore, or at both. */
export const jvmRestore: readonly Signature[] = [
  {
    id: 'criu-exec-eperm',
    operations: ['restore'],
    stream: 'jvm',
    pattern:
      /criu: Operation not permitted|Cannot execute CRIU(?: "[^"]*")?: Operation not permitted|Can't exec criu swrk: Operation not permitted/m,
    category: 'runner',
    cause: 'CRIU could not be started: its file capabilities are more than this container may have.',
    fix: 'Start the container with the flags in the output `restore-flags`; in Kubernetes set `allowPrivilegeEscalation: true`.',
    weight: 'cause',
    remedy: 'privileges'
  },
  {
    id: 'jvm-not-crac',
    operations: ['dump', 'restore'],
    stream: 'jvm',
    pattern: /Unrecognized VM option '\+?(?:CRaC|CR)\w+/m,
    category: 'jdk',
    cause: 'This JVM has no CRaC: it does not know the option that makes a checkpoint.',
    fix: 'Choose a CRaC build: `distribution: crac`, `zulu` or `liberica`; for `file`, an archive of one.',
    weight: 'cause'
  },
  {
    id: 'jvm-no-criu',
    operations: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /cannot find CRIU to use|Cannot find CRIU executable on the PATH|CRIU executable does not exist in (\S+)|CRIU at (\S+) is not executable/m,
    category: 'image',
    cause: 'The JVM found no CRIU that it can start.',
    fix: 'Leave `criu` at `auto`, and use a base image that has CRIU.',
    weight: 'cause'
  },
  {
    id: 'jvm-criu-suid',
    operations: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /does not have the SUID bit set and you're not a root|is not owned by the root user and you're not a root/m,
    category: 'image',
    cause: "The JVM's CRIU does not belong to root or lacks its setuid bit.",
    fix: 'Nothing has to be done with `criu: auto`, which uses file capabilities instead.',
    weight: 'noise'
  },
  {
    id: 'jvm-criu-exec',
    operations: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /Cannot execute CRIU(?: "[^"]*")?: (Permission denied|No such file or directory|Exec format error)|CRaC error executing: (\S+)/m,
    category: 'image',
    cause: 'The JVM could not start CRIU.',
    fix: 'Use a Debian with glibc as `base-image`, of the architecture of the JDK; with Alpine a CRIU for glibc does not start.',
    weight: 'cause'
  },
  {
    id: 'jvm-engine-missing',
    operations: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /Could not find (\S+criuengine): |Did not find CRaCEngine (\S+)|Cannot find CRaC engine (\S+)|Cannot load CRaC engine/m,
    category: 'jdk',
    cause: 'The JVM does not have the engine for checkpoints.',
    fix: 'Leave `engine` at `auto`, or choose another `java-version`.',
    weight: 'cause'
  },
  {
    id: 'jvm-engine-mismatch',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /Image format does not match; saved image with engine (\S+), restoring with (\S+)/m,
    category: 'image',
    cause: 'The snapshot was taken with the engine $1, and the JVM restores with $2.',
    fix: 'Do not set CRaC options in `JAVA_TOOL_OPTIONS` or `JDK_JAVA_OPTIONS`; build the image again.',
    weight: 'cause'
  },
  {
    id: 'jvm-restore-dir',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /Cannot open CRaCRestoreFrom=(\S+): (.+)|CRaCRestoreFrom=(\S+) is not a directory/m,
    category: 'image',
    cause: 'The folder of the snapshot cannot be read.',
    fix: 'Let nothing be mounted over /opt/crac-checkpoint, and start the image as its own user.',
    weight: 'cause'
  },
  {
    id: 'jvm-engine-fail',
    operations: ['dump', 'restore'],
    stream: 'jvm',
    pattern: /CRaC engine failed to (?:checkpoint to|restore from) (\S+?):? \(?error/m,
    category: 'runner',
    cause: 'The engine of the JVM failed ($1).',
    fix: 'The lines of CRIU above it have the cause.',
    weight: 'pointer'
  },
  {
    id: 'jvm-cannot-restore',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /warning: cannot restore$|\[crac\] Failed to restore checkpoint/m,
    category: 'runner',
    cause: 'The JVM could not restore the snapshot.',
    fix: 'The lines above it have the cause.',
    weight: 'pointer'
  },
  {
    id: 'jvm-cpu-17',
    operations: ['restore'],
    stream: 'jvm',
    pattern:
      /You have to specify -XX:CPUFeatures=(\S+) together with -XX:CRaCCheckpointTo when making a checkpoint file; specified -XX:CRaCRestoreFrom file contains CPU features (\S+); missing features of this CPU are (\S+) = (.*)/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses: $4.',
    fix: 'Build with `cpu-features: generic`, or with `cpu-features: $1`.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-zulu',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /Image checkpoint has incompatible CPU features in its user data/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    fix: 'Build with `cpu-features: generic`, on the oldest CPU that the image will run on.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-main',
    operations: ['restore'],
    stream: 'jvm',
    pattern:
      /Restore failed due to incompatible or missing CPU features(?:, try using -XX:CPUFeatures=(\S+) on checkpoint)?\.?/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    fix: 'Build with `cpu-features: generic`, on the oldest CPU that the image will run on.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-arch',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /Restore failed due to wrong or missing CPU architecture \(current architecture is (\S+)\)/m,
    category: 'image',
    cause: 'The snapshot is of another architecture than this host ($1).',
    fix: 'Publish an image for each architecture, each from a runner of that architecture.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-supports',
    operations: ['restore'],
    stream: 'jvm',
    pattern:
      /Specified -XX:CRaCRestoreFrom file contains feature "(\w+)" value (\d) while this CPU has value (\d)/m,
    category: 'image',
    cause: 'The CPU of this host differs from that of the checkpoint in $1.',
    fix: 'Build on the oldest CPU that the image will run on.',
    weight: 'cause'
  },
  {
    id: 'jvm-restore-flag',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /VM [Oo]ption '?(\w+)'? cannot be changed|Flag (\w+) cannot be set during restore/m,
    category: 'image',
    cause: 'The JVM option $1$2 cannot be changed at a restore.',
    fix: 'Give it in `java-options` at the checkpoint; at a restore only -D options have an effect.',
    weight: 'cause'
  },
  {
    id: 'jvm-shm',
    operations: ['restore'],
    stream: 'jvm',
    pattern:
      /^shm_open: (.+)|Failed to open a space shared with restored process|Cannot read restore parameters|Restore cannot continue, VM will exit/m,
    category: 'runner',
    cause: 'New arguments and variables could not be handed to the restored process.',
    fix: 'Give the container a writable /dev/shm.',
    weight: 'cause'
  },
  {
    id: 'jvm-perfdata-sigbus',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /SIGBUS \(0x7\)[\s\S]{0,600}Perf\w+/m,
    category: 'jdk',
    cause: 'The JVM lost the file of its performance counters.',
    fix: 'Add -XX:-UsePerfData to `java-options`, or use a newer `java-version`.',
    weight: 'cause'
  },
  {
    id: 'jvm-perfdata',
    operations: ['restore'],
    stream: 'jvm',
    pattern:
      /Cannot (?:open shared perfdata file|restore \(ftruncate\) perfdata file size|remap shared perfdata|remap perfdata memory)|cannot mmap shared perfdata file/m,
    category: 'runner',
    cause: 'The JVM cannot open the file of its performance counters again.',
    fix: 'Give the container a writable /tmp, or add -XX:-UsePerfData to `java-options` and build again.',
    weight: 'cause'
  },
  {
    id: 'jvm-sigill',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /SIGILL \(0x4\)/m,
    category: 'image',
    cause: 'The restored code uses an instruction that this CPU does not have.',
    fix: 'Build with `cpu-features: generic`; take options that skip the check of the CPU out of `java-options`.',
    weight: 'cause'
  },
  {
    id: 'jvm-sigsegv',
    operations: ['restore'],
    stream: 'jvm',
    pattern: /SIGSEGV \(0xb\) at pc=|\[thread \d+ also had an error\]/m,
    category: 'image',
    cause: 'The JVM crashed.',
    fix: 'If it restores on the runner and not here, the CPU differs: build with `cpu-features: generic`. Else report the file hs_err to the vendor of the JDK.',
    weight: 'cause'
  }
]
