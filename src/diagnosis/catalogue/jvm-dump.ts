import type { Signature } from '../signature.js'

/** What the JVM, its engine and jcmd say at a checkpoint. */
export const jvmDump: readonly Signature[] = [
  {
    id: 'jvm-crac-unsupported',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /java\.lang\.UnsupportedOperationException(?:\s|$)[\s\S]{0,200}org\.crac\.Core/m,
    category: 'jdk',
    cause: 'The application asked for a checkpoint, and this JVM has no CRaC.',
    fix: 'Choose a CRaC build with `distribution` and `java-version`.',
    weight: 'cause'
  },
  {
    id: 'jvm-not-configured',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /C\/R is not configured|CRaCCheckpointTo is not specified/m,
    category: 'internal',
    cause: 'The JVM was started without a folder for the checkpoint.',
    fix: 'Please open an issue with the log of this step: the action should not have let this happen.',
    weight: 'cause'
  },
  {
    id: 'jvm-native-failed',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /JVM: invalid info for restore provided(?:: (?:queued code (-?\d+)|not queued)| \(may be failed checkpoint\))|Native checkpoint failed\./m,
    category: 'runner',
    cause: 'The engine of the JVM failed to take the snapshot.',
    fix: "CRIU's log (dump4.log in the folder of the output `logs`) has the cause.",
    weight: 'pointer'
  },
  {
    id: 'jvm-criu-exit',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /CRIU failed with exit code (\d+) - check (\S+)/m,
    category: 'runner',
    cause: 'CRIU failed with exit code $1.',
    fix: "CRIU's log (dump4.log in the folder of the output `logs`) has the cause.",
    weight: 'pointer'
  },
  {
    id: 'jvm-criu-signal',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /CRIU has not properly exited, waitpid status was (\d+)/m,
    category: 'runner',
    cause: 'CRIU was ended by a signal (status $1).',
    fix: 'Give the runner more memory, and look at the end of dump4.log in the folder of the output `logs`.',
    weight: 'pointer'
  },
  {
    id: 'jvm-ckpt-dir',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /cannot create (\S+): (.+)|: not a directory$|CRaCCheckpointTo=(\S+) is not a directory|Cannot create CRaCCheckpointTo=(\S+): (.+)/m,
    category: 'image',
    cause: 'The folder for the snapshot cannot be written to.',
    fix: 'Let nothing be mounted over /opt/crac-checkpoint, and leave `java-options` without CRaCCheckpointTo.',
    weight: 'cause'
  },
  {
    id: 'jvm-open-socket',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /CheckpointOpenSocketException: (.+)/m,
    category: 'application',
    cause: 'A socket is open: $1.',
    fix: "Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore, or use the framework's own CRaC support, which does that.",
    weight: 'general'
  },
  {
    id: 'jvm-open-file',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /CheckpointOpenFileException: (.+)/m,
    category: 'application',
    cause: 'A file is open: $1.',
    fix: 'Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore, or name it in a file of resource policies.',
    weight: 'general'
  },
  {
    id: 'jvm-open-resource',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /CheckpointOpenResourceException: (?:FD fd=(\d+) type=(\S+) path=(.+)|FileDescriptor (\d+)|(.+))/m,
    category: 'application',
    cause: 'Something is open that cannot be in a snapshot: $1$4$5 $2 $3.',
    fix: 'Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore.',
    weight: 'general'
  },
  {
    id: 'jvm-fd-left-open',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /FileDescriptor (\d+) left open: (.+)/m,
    category: 'application',
    cause: 'Descriptor $1 was left open: $2.',
    fix: 'Close it in beforeCheckpoint of an org.crac.Resource, or name it in a file of resource policies.',
    weight: 'cause'
  },
  {
    id: 'jvm-epoll',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /path=anon_inode:\[(eventpoll|eventfd|timerfd)\]/m,
    category: 'application',
    cause:
      'An event loop is still open ($1): that of a server or client which takes no part in the checkpoint.',
    fix: 'Shut the event loop down in beforeCheckpoint; newer versions of Netty-based frameworks do it.',
    weight: 'cause'
  },
  {
    id: 'jvm-busy-selector',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /BusySelectorException: Selector (\S+) has registered keys from channels: (.+)|Suppressed: java\.nio\.channels\.IllegalSelectorException/m,
    category: 'application',
    cause: 'A selector of NIO still has channels registered.',
    fix: 'Close the channels in beforeCheckpoint, or let the framework stop its server; telemetry exporters and database clients are often forgotten.',
    weight: 'cause'
  },
  {
    id: 'jvm-recursive',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /Recursive checkpoint is not allowed/m,
    category: 'application',
    cause: 'The application asked for a checkpoint while one was under way.',
    fix: 'Leave the checkpoint to the action: take out calls of Core.checkpointRestore() and spring.context.checkpoint.',
    weight: 'cause'
  },
  {
    id: 'jvm-zgc',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /UseZGC is currently unsupported for -XX:CRaCCheckpointTo|path=\/memfd:java_heap/m,
    category: 'application',
    cause: 'This JVM takes no checkpoints with the Z garbage collector.',
    fix: 'Take -XX:+UseZGC out of `java-options`.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-request',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /Specified -XX:CPUFeatures=(\S+); this machine's CPU features are (\S+); missing features of this CPU are (\S+) = (.*)/m,
    category: 'runner',
    cause: "This runner's CPU lacks features that `cpu-features` asks for: $4.",
    fix: 'Set `cpu-features: generic`, or use another runner.',
    weight: 'cause'
  },
  {
    id: 'jvm-cpu-syntax',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /VM option 'CPUFeatures=(.*)' must be of the form: 0xnum,0xnum/m,
    category: 'input',
    cause: 'The value `$1` of `cpu-features` is not one that this JVM takes.',
    fix: 'Set `cpu-features` to generic, native, or two hexadecimal numbers such as 0x1,0x2.',
    weight: 'cause'
  },
  {
    id: 'jvm-min-pid',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /Can't adjust PID to min PID (\d+), current PID (\d+)|spin_last_pid: (.+)|set_last_pid: (.+)|spin_last_pid clone: (.+)/m,
    category: 'runner',
    cause: 'The JVM could not raise the counter of process ids.',
    fix: "Raise the engine's limit of processes for a container (at least 2000) and kernel.pid_max.",
    weight: 'cause'
  },
  {
    id: 'jvm-attach',
    operations: ['dump'],
    stream: 'jvm',
    pattern:
      /AttachNotSupportedException: Unable to open socket file (\S+): target process (\d+) doesn't respond|AttachNotSupportedException/m,
    category: 'application',
    cause: 'The JVM did not answer jcmd.',
    fix: 'Take -XX:+DisableAttachMechanism out of `java-options`; if the JVM hangs, the thread dump in the folder of the output `logs` says where.',
    weight: 'cause'
  },
  {
    id: 'jvm-attach-owner',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /well-known file (\S+) is not secure/m,
    category: 'image',
    cause: 'The JVM runs as another user than the image.',
    fix: 'Let nothing in the application or the base image change the user of the JVM.',
    weight: 'cause'
  },
  {
    id: 'jvm-jcmd-fail',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /An exception during a checkpoint operation:/m,
    category: 'application',
    cause: 'The JVM refused the checkpoint.',
    fix: 'The suppressed exceptions below it have the causes.',
    weight: 'pointer'
  },
  {
    id: 'jvm-timeout',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /The checkpoint was not generated within (\d+) seconds\./m,
    category: 'runner',
    cause: 'The JVM itself gave the checkpoint up after $1 seconds.',
    fix: 'Take -XX:CRaCCheckpointTimeout out of `java-options`; `checkpoint-timeout` is the limit of the action.',
    weight: 'cause'
  },
  {
    id: 'jvm-bad-fd',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /JVM: FD fd=(\d+) type=(\S+) path="(.*?)"\s+BAD: opened by application/m,
    category: 'application',
    cause: 'Descriptor $1 was opened by the application: $2, $3.',
    fix: 'Close it in beforeCheckpoint of an org.crac.Resource.',
    weight: 'cause'
  },
  {
    id: 'jvm-heap',
    operations: ['dump'],
    stream: 'jvm',
    pattern: /java\.lang\.OutOfMemoryError: (.+)/m,
    category: 'application',
    cause: 'The heap of the JVM is too small: $1.',
    fix: 'Give it more with `java-options: -Xmx...`, or load less at the start.',
    weight: 'cause'
  }
]
