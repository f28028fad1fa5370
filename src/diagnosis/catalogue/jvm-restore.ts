import { signatures } from '../signature.js'

/** Lines of the JVM and its checkpoint engine at a restore, or at both. */
export const jvmRestore = signatures({ operations: ['restore'], stream: 'jvm' }, [
  {
    id: 'criu-exec-eperm',
    pattern:
      /criu: Operation not permitted|Cannot execute CRIU(?: "[^"]*")?: Operation not permitted|Can't exec criu swrk: Operation not permitted/m,
    category: 'runner',
    cause: 'CRIU could not be started: its file capabilities exceed the capabilities of this container.',
    fix: 'Start the container with the flags in the output `restore-flags`. In Kubernetes, set `allowPrivilegeEscalation: true`.',
    remedy: 'privileges'
  },
  {
    id: 'jvm-not-crac',
    operations: ['dump', 'restore'],
    pattern: /Unrecognized VM option '\+?(?:CRaC|CR)\w+/m,
    category: 'jdk',
    cause: 'This JVM does not support CRaC: it does not know the option for checkpoints.',
    fix: 'Choose a JDK with CRaC: `distribution: crac`, `zulu` or `liberica`. With `distribution: file`, use an archive of such a JDK.'
  },
  {
    id: 'jvm-no-criu',
    operations: ['dump', 'restore'],
    pattern:
      /cannot find CRIU to use|Cannot find CRIU executable on the PATH|CRIU executable does not exist in (\S+)|CRIU at (\S+) is not executable/m,
    category: 'image',
    cause: 'The JVM did not find an executable CRIU.',
    fix: 'Leave `criu` at `auto`, and use a base image with CRIU.'
  },
  {
    id: 'jvm-criu-suid',
    operations: ['dump', 'restore'],
    pattern:
      /does not have the SUID bit set and you're not a root|is not owned by the root user and you're not a root/m,
    category: 'image',
    cause: 'The CRIU of the JDK is not owned by root, or lacks the setuid bit.',
    fix: 'No action is necessary with `criu: auto`, which uses file capabilities instead.',
    weight: 'noise'
  },
  {
    id: 'jvm-criu-exec',
    operations: ['dump', 'restore'],
    pattern:
      /Cannot execute CRIU(?: "[^"]*")?: (Permission denied|No such file or directory|Exec format error)|CRaC error executing: (\S+)/m,
    category: 'image',
    cause: 'The JVM could not start CRIU.',
    fix: 'Use a Debian with glibc as `base-image`, with the architecture of the JDK. On Alpine, a CRIU for glibc does not start.'
  },
  {
    id: 'jvm-engine-missing',
    operations: ['dump', 'restore'],
    pattern:
      /Could not find (\S+criuengine): |Did not find CRaCEngine (\S+)|Cannot find CRaC engine (\S+)|Cannot load CRaC engine/m,
    category: 'jdk',
    cause: 'The JVM does not have the checkpoint engine.',
    fix: 'Leave `engine` at `auto`, or choose another `java-version`.'
  },
  {
    id: 'jvm-engine-mismatch',
    pattern: /Image format does not match; saved image with engine (\S+), restoring with (\S+)/m,
    category: 'image',
    cause: 'The snapshot was taken with the checkpoint engine $1, but the JVM restores with $2.',
    fix: 'Do not set CRaC options in `JAVA_TOOL_OPTIONS` or `JDK_JAVA_OPTIONS`. Build the image again.'
  },
  {
    id: 'jvm-restore-dir',
    pattern:
      /Cannot open CRaCRestoreFrom=(\S{1,300}): (.{1,300})|CRaCRestoreFrom=(\S{1,300}) is not a directory/m,
    category: 'image',
    cause: 'The JVM cannot read the folder of the snapshot.',
    fix: 'Do not mount anything over /opt/crac-checkpoint, and start the container as the user of the image.'
  },
  {
    id: 'jvm-engine-fail',
    operations: ['dump', 'restore'],
    pattern: /CRaC engine failed to (?:checkpoint to|restore from) (\S+?):? \(?error/m,
    category: 'runner',
    cause: 'The checkpoint engine of the JVM failed ($1).',
    fix: 'Read the lines of CRIU above it: they name the cause.',
    weight: 'pointer'
  },
  {
    id: 'jvm-cannot-restore',
    pattern: /warning: cannot restore$|\[crac\] Failed to restore checkpoint/m,
    category: 'runner',
    cause: 'The JVM could not restore the snapshot.',
    fix: 'Read the lines above it: they name the cause.',
    weight: 'pointer'
  },
  {
    id: 'jvm-cpu-17',
    pattern:
      /You have to specify -XX:CPUFeatures=(\S+) together with -XX:CRaCCheckpointTo when making a checkpoint file; specified -XX:CRaCRestoreFrom file contains CPU features (\S+); missing features of this CPU are (\S+) = (.*)/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses: $4.',
    fix: 'Build with `cpu-features: generic`, or with `cpu-features: $1`.'
  },
  {
    id: 'jvm-cpu-zulu',
    pattern: /Image checkpoint has incompatible CPU features in its user data/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    fix: 'Build with `cpu-features: generic`. If it is set already, build on the oldest CPU on which the image will run.'
  },
  {
    id: 'jvm-cpu-main',
    pattern:
      /Restore failed due to incompatible or missing CPU features(?:, try using -XX:CPUFeatures=(\S+) on checkpoint)?\.?/m,
    category: 'runner',
    cause: 'The CPU of this host lacks features that the snapshot uses.',
    fix: 'Build with `cpu-features: generic`. If it is set already, build on the oldest CPU on which the image will run.'
  },
  {
    id: 'jvm-cpu-arch',
    pattern: /Restore failed due to wrong or missing CPU architecture \(current architecture is (\S+)\)/m,
    category: 'image',
    cause: 'The snapshot was taken on another architecture than that of this host ($1).',
    fix: 'Publish one image for each architecture, and build each on a runner of that architecture.'
  },
  {
    id: 'jvm-cpu-supports',
    pattern:
      /Specified -XX:CRaCRestoreFrom file contains feature "(\w+)" value (\d) while this CPU has value (\d)/m,
    category: 'image',
    cause: 'The CPU of this host differs from the CPU of the checkpoint in the feature $1.',
    fix: 'Build on the oldest CPU on which the image will run.'
  },
  {
    id: 'jvm-restore-flag',
    pattern: /VM [Oo]ption '?(\w+)'? cannot be changed|Flag (\w+) cannot be set during restore/m,
    category: 'image',
    cause: 'The JVM option $1$2 cannot be changed at a restore.',
    fix: 'Set it in `java-options` for the checkpoint. At a restore, only -D options have an effect.'
  },
  {
    id: 'jvm-shm',
    pattern:
      /^shm_open: (.+)|Failed to open a space shared with restored process|Cannot read restore parameters|Restore cannot continue, VM will exit/m,
    category: 'runner',
    cause: 'The JVM could not pass new arguments and environment variables to the restored process.',
    fix: 'Give the container a writable /dev/shm.'
  },
  {
    id: 'jvm-perfdata-sigbus',
    pattern: /SIGBUS \(0x7\)[\s\S]{0,600}Perf\w+/m,
    category: 'jdk',
    cause: 'The JVM lost access to the file of its performance counters.',
    fix: 'Add -XX:-UsePerfData to `java-options`, or use a newer `java-version`.'
  },
  {
    id: 'jvm-perfdata',
    pattern:
      /Cannot (?:open shared perfdata file|restore \(ftruncate\) perfdata file size|remap shared perfdata|remap perfdata memory)|cannot mmap shared perfdata file/m,
    category: 'runner',
    cause: 'The JVM cannot open the file of its performance counters again.',
    fix: 'Give the container a writable /tmp, or add -XX:-UsePerfData to `java-options` and build again.'
  },
  {
    id: 'jvm-sigill',
    pattern: /SIGILL \(0x4\)/m,
    category: 'image',
    cause: 'The restored code uses an instruction that this CPU does not have.',
    fix: 'Build with `cpu-features: generic`. Remove options that skip the check of the CPU from `java-options`.'
  },
  {
    id: 'jvm-sigsegv',
    pattern: /SIGSEGV \(0xb\) at pc=|\[thread \d+ also had an error\]/m,
    category: 'image',
    cause: 'The JVM crashed.',
    fix: 'If the image restores on the runner but not on this host, the CPU differs: build with `cpu-features: generic`. Otherwise, report the hs_err file to the vendor of the JDK.'
  }
])
