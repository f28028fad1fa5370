import type { Signature } from '../signature.js'

/** What the JVM and its engine say at a restore, or at both. */
export const jvmRestore: readonly Signature[] = [
  {
    id: 'criu-exec-eperm',
    stages: ['restore'],
    stream: 'jvm',
    pattern:
      /criu: Operation not permitted|Cannot execute CRIU(?: "[^"]*")?: Operation not permitted|Can't exec criu swrk: Operation not permitted/m,
    kind: 'runner',
    cause: 'CRIU could not be started: its file capabilities are more than this container may have.',
    cure: 'Start the container with the flags in the output `restore-flags`; in Kubernetes set `allowPrivilegeEscalation: true`.',
    weight: 'cause'
  },
  {
    id: 'jvm-not-crac',
    stages: ['dump', 'restore'],
    stream: 'jvm',
    pattern: /Unrecognized VM option '\+?(?:CRaC|CR)\w+/m,
    kind: 'jdk',
    cause: 'This JVM has no CRaC: it does not know the option that makes a checkpoint.',
    cure: 'Choose a CRaC build: `distribution: crac`, `zulu` or `liberica`; for `file`, an archive of one.',
    weight: 'cause'
  },
  {
    id: 'jvm-no-criu',
    stages: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /cannot find CRIU to use|Cannot find CRIU executable on the PATH|CRIU executable does not exist in (\S+)|CRIU at (\S+) is not executable/m,
    kind: 'image',
    cause: 'The JVM found no CRIU that it can start.',
    cure: 'Leave `criu` at `auto`, and use a base image that has CRIU.',
    weight: 'cause'
  },
  {
    id: 'jvm-criu-suid',
    stages: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /does not have the SUID bit set and you're not a root|is not owned by the root user and you're not a root/m,
    kind: 'image',
    cause: "The JVM's CRIU does not belong to root or lacks its setuid bit.",
    cure: 'Nothing has to be done with `criu: auto`, which uses file capabilities instead.',
    weight: 'noise'
  },
  {
    id: 'jvm-criu-exec',
    stages: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /Cannot execute CRIU(?: "[^"]*")?: (Permission denied|No such file or directory|Exec format error)|CRaC error executing: (\S+)/m,
    kind: 'image',
    cause: 'The JVM could not start CRIU.',
    cure: 'Use a Debian with glibc as `base-image`, of the architecture of the JDK; with Alpine a CRIU for glibc does not start.',
    weight: 'cause'
  },
  {
    id: 'jvm-engine-missing',
    stages: ['dump', 'restore'],
    stream: 'jvm',
    pattern:
      /Could not find (\S+criuengine): |Did not find CRaCEngine (\S+)|Cannot find CRaC engine (\S+)|Cannot load CRaC engine/m,
    kind: 'jdk',
    cause: 'The JVM does not have the engine for checkpoints.',
    cure: 'Leave `engine` at `auto`, or choose another `java-version`.',
    weight: 'cause'
  },
  {
    id: 'jvm-engine-mismatch',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /Image format does not match; saved image with engine (\S+), restoring with (\S+)/m,
    kind: 'image',
    cause: 'The snapshot was taken with the engine $1, and the JVM restores with $2.',
    cure: 'Do not set CRaC options in `JAVA_TOOL_OPTIONS` or `JDK_JAVA_OPTIONS`; build the image again.',
    weight: 'cause'
  },
  {
    id: 'jvm-restore-dir',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /Cannot open CRaCRestoreFrom=(\S+): (.+)|CRaCRestoreFrom=(\S+) is not a directory/m,
    kind: 'image',
    cause: 'The folder of the snapshot cannot be read.',
    cure: 'Let nothing be mounted over /opt/crac-checkpoint, and start the image as its own user.',
    weight: 'cause'
  },
  {
    id: 'jvm-engine-fail',
    stages: ['dump', 'restore'],
    stream: 'jvm',
    pattern: /CRaC engine failed to (?:checkpoint to|restore from) (\S+?):? \(?error/m,
    kind: 'runner',
    cause: 'The engine of the JVM failed ($1).',
    cure: 'The lines of CRIU above it have the cause.',
    weight: 'pointer'
  },
  {
    id: 'jvm-cannot-restore',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /warning: cannot restore$|\[crac\] Failed to restore checkpoint/m,
    kind: 'runner',
    cause: 'The JVM could not restore the snapshot.',
    cure: 'The lines above it have the cause.',
    weight: 'pointer'
  },
  {
    id: 'jvm-cpu-17',
    stages: ['restore'],
    stream: 'jvm',
    pattern:
      /You have to specify -XX:CPUFeatures=(\S+) together with -XX:CRaCCheckpointTo when making a checkpoint file; specified -XX:CRaCRestoreFrom file contains CPU features (\S+); missing features of this CPU are (\S+) = (.*)/m,
    kind: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses: $4.',
    cure: 'Build with `cpu-features: generic`, or with `cpu-features: $1`.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-zulu',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /Image checkpoint has incompatible CPU features in its user data/m,
    kind: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    cure: 'Build with `cpu-features: generic`, on the oldest CPU that the image will run on.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-main',
    stages: ['restore'],
    stream: 'jvm',
    pattern:
      /Restore failed due to incompatible or missing CPU features(?:, try using -XX:CPUFeatures=(\S+) on checkpoint)?\.?/m,
    kind: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    cure: 'Build with `cpu-features: generic`, on the oldest CPU that the image will run on.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-arch',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /Restore failed due to wrong or missing CPU architecture \(current architecture is (\S+)\)/m,
    kind: 'image',
    cause: 'The snapshot is of another architecture than this host ($1).',
    cure: 'Publish an image for each architecture, each from a runner of that architecture.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-supports',
    stages: ['restore'],
    stream: 'jvm',
    pattern:
      /Specified -XX:CRaCRestoreFrom file contains feature "(\w+)" value (\d) while this CPU has value (\d)/m,
    kind: 'image',
    cause: 'The CPU of this host differs from that of the checkpoint in $1.',
    cure: 'Build on the oldest CPU that the image will run on.',
    weight: 'cause'
  },
  {
    id: 'jvm-restore-flag',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /VM [Oo]ption '?(\w+)'? cannot be changed|Flag (\w+) cannot be set during restore/m,
    kind: 'image',
    cause: 'The JVM option $1$2 cannot be changed at a restore.',
    cure: 'Give it in `java-options` at the checkpoint; at a restore only -D options have an effect.',
    weight: 'cause'
  },
  {
    id: 'jvm-shm',
    stages: ['restore'],
    stream: 'jvm',
    pattern:
      /^shm_open: (.+)|Failed to open a space shared with restored process|Cannot read restore parameters|Restore cannot continue, VM will exit/m,
    kind: 'runner',
    cause: 'New arguments and variables could not be handed to the restored process.',
    cure: 'Give the container a writable /dev/shm.',
    weight: 'cause'
  },
  {
    id: 'jvm-perfdata-sigbus',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /SIGBUS \(0x7\)[\s\S]{0,600}Perf\w+/m,
    kind: 'jdk',
    cause: 'The JVM lost the file of its performance counters.',
    cure: 'Add -XX:-UsePerfData to `java-options`, or use a newer `java-version`.',
    weight: 'cause'
  },
  {
    id: 'jvm-perfdata',
    stages: ['restore'],
    stream: 'jvm',
    pattern:
      /Cannot (?:open shared perfdata file|restore \(ftruncate\) perfdata file size|remap shared perfdata|remap perfdata memory)|cannot mmap shared perfdata file/m,
    kind: 'runner',
    cause: 'The JVM cannot open the file of its performance counters again.',
    cure: 'Give the container a writable /tmp, or add -XX:-UsePerfData to `java-options` and build again.',
    weight: 'cause'
  },
  {
    id: 'jvm-sigill',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /SIGILL \(0x4\)/m,
    kind: 'image',
    cause: 'The restored code uses an instruction that this CPU does not have.',
    cure: 'Build with `cpu-features: generic`; take options that skip the check of the CPU out of `java-options`.',
    weight: 'cause'
  },
  {
    id: 'jvm-sigsegv',
    stages: ['restore'],
    stream: 'jvm',
    pattern: /SIGSEGV \(0xb\) at pc=|\[thread \d+ also had an error\]/m,
    kind: 'image',
    cause: 'The JVM crashed.',
    cure: 'If it restores on the runner and not here, the CPU differs: build with `cpu-features: generic`. Else report the file hs_err to the vendor of the JDK.',
    weight: 'cause'
  }
]
