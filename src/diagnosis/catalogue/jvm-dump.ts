import { signatures } from '../signature.js'
import { DOCS } from '../../lib/errors.js'

/** How an application can release what is open. */
const CLOSE = `Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore, or use the CRaC support of the framework, which does that (${DOCS}/frameworks.md).`

/** Lines of the JVM, its checkpoint engine and jcmd at a checkpoint. */
export const jvmDump = signatures({ operations: ['dump'], stream: 'jvm' }, [
  {
    id: 'jvm-crac-unsupported',
    pattern: /java\.lang\.UnsupportedOperationException(?:\s|$)[\s\S]{0,200}org\.crac\.Core/m,
    category: 'jdk',
    cause: 'The application requested a checkpoint, but this JVM does not support CRaC.',
    fix: 'Choose a JDK with CRaC with `distribution` and `java-version`.'
  },
  {
    id: 'jvm-not-configured',
    pattern: /C\/R is not configured|CRaCCheckpointTo is not specified/m,
    category: 'internal',
    cause: 'The JVM was started without a folder for the checkpoint.',
    fix: 'Please open an issue with the log of this step: this is a defect of crac-checkpoint.'
  },
  {
    id: 'jvm-native-failed',
    pattern:
      /JVM: invalid info for restore provided(?:: (?:queued code (-?\d+)|not queued)| \(may be failed checkpoint\))|Native checkpoint failed\./m,
    category: 'runner',
    cause: 'The checkpoint engine of the JVM failed to take the snapshot.',
    fix: "Read CRIU's log: dump4.log in the folder of the output `logs`.",
    weight: 'pointer'
  },
  {
    id: 'jvm-criu-exit',
    pattern: /CRIU failed with exit code (\d+) - check (\S+)/m,
    category: 'runner',
    cause: 'CRIU failed with exit code $1.',
    fix: "Read CRIU's log: dump4.log in the folder of the output `logs`.",
    weight: 'pointer'
  },
  {
    id: 'jvm-criu-signal',
    pattern: /CRIU has not properly exited, waitpid status was (\d+)/m,
    category: 'runner',
    cause: 'A signal ended CRIU (wait status $1).',
    fix: 'Give the runner more memory, and read the end of dump4.log in the folder of the output `logs`.',
    weight: 'pointer'
  },
  {
    id: 'jvm-ckpt-dir',
    pattern:
      /cannot create (\S{1,300}): (.{1,300})|: not a directory$|CRaCCheckpointTo=(\S{1,300}) is not a directory|Cannot create CRaCCheckpointTo=(\S{1,300}): (.{1,300})/m,
    category: 'image',
    cause: 'The JVM cannot write to the folder for the snapshot.',
    fix: 'Do not mount anything over /opt/crac-checkpoint, and remove CRaCCheckpointTo from `java-options`.'
  },
  {
    id: 'jvm-open-socket',
    pattern: /CheckpointOpenSocketException: (.+)/m,
    category: 'application',
    cause: 'A socket is open: $1.',
    fix: CLOSE,
    weight: 'general'
  },
  {
    id: 'jvm-open-file',
    pattern: /CheckpointOpenFileException: (.+)/m,
    category: 'application',
    cause: 'A file is open: $1.',
    fix: CLOSE,
    weight: 'general'
  },
  {
    id: 'jvm-open-resource',
    pattern:
      /CheckpointOpenResourceException: (?:FD fd=(\d+) type=(\S+) path=(.+)|FileDescriptor (\d+)|(.+))/m,
    category: 'application',
    cause: 'A resource is open that cannot be part of a snapshot: $1$4$5 $2 $3.',
    fix: CLOSE,
    weight: 'general'
  },
  {
    id: 'jvm-fd-left-open',
    pattern: /FileDescriptor (\d+) left open: (.+)/m,
    category: 'application',
    cause: 'File descriptor $1 is still open: $2.',
    fix: CLOSE
  },
  {
    id: 'jvm-epoll',
    pattern: /path=anon_inode:\[(eventpoll|eventfd|timerfd)\]/m,
    category: 'application',
    cause: 'An event loop is still open ($1): its server or client does not take part in the checkpoint.',
    fix: 'Shut down the event loop in beforeCheckpoint. Newer versions of frameworks with Netty do this.'
  },
  {
    id: 'jvm-busy-selector',
    pattern:
      /BusySelectorException: Selector (\S+) has registered keys from channels: (.+)|Suppressed: java\.nio\.channels\.IllegalSelectorException/m,
    category: 'application',
    cause: 'A selector of NIO still has registered channels.',
    fix: 'Close the channels in beforeCheckpoint, or let the framework stop its server. They often belong to telemetry exporters and database clients.'
  },
  {
    id: 'jvm-recursive',
    pattern: /Recursive checkpoint is not allowed/m,
    category: 'application',
    cause: 'The application requested a checkpoint while another one was in progress.',
    fix: 'Leave the checkpoint to the action: remove calls of Core.checkpointRestore() and spring.context.checkpoint.'
  },
  {
    id: 'jvm-zgc',
    pattern: /UseZGC is currently unsupported for -XX:CRaCCheckpointTo|path=\/memfd:java_heap/m,
    category: 'input',
    cause: 'This JVM does not support checkpoints with the Z garbage collector.',
    fix: 'Remove -XX:+UseZGC from `java-options`.'
  },
  {
    id: 'jvm-cpu-request',
    pattern:
      /Specified -XX:CPUFeatures=(\S+); this machine's CPU features are (\S+); missing features of this CPU are (\S+) = (.*)/m,
    category: 'runner',
    cause: 'The CPU of this runner lacks features that `cpu-features` requires: $4.',
    fix: 'Set `cpu-features: generic`, or use another runner.'
  },
  {
    id: 'jvm-cpu-syntax',
    pattern: /VM option 'CPUFeatures=(.{0,300})' must be of the form: 0xnum,0xnum/m,
    category: 'input',
    cause: 'This JVM does not accept the value `$1` of `cpu-features`.',
    fix: 'Set `cpu-features` to generic, native, or two hexadecimal numbers such as 0x1,0x2.'
  },
  {
    id: 'jvm-min-pid',
    pattern:
      /Can't adjust PID to min PID (\d+), current PID (\d+)|spin_last_pid: (.+)|set_last_pid: (.+)|spin_last_pid clone: (.+)/m,
    category: 'runner',
    cause: 'The JVM could not raise the counter of process ids.',
    fix: 'Raise the limit of processes in a container to at least 2000 on the Docker engine, and raise kernel.pid_max on the host.'
  },
  {
    id: 'jvm-attach',
    pattern:
      /AttachNotSupportedException: Unable to open socket file (\S+): target process (\d+) doesn't respond|AttachNotSupportedException/m,
    category: 'input',
    cause: 'The JVM did not respond to jcmd.',
    fix: 'Remove -XX:+DisableAttachMechanism from `java-options`. If the JVM hangs, the thread dump in the folder of the output `logs` shows where.'
  },
  {
    id: 'jvm-attach-owner',
    pattern: /well-known file (\S+) is not secure/m,
    category: 'image',
    cause: 'The JVM does not run as the user of the image.',
    fix: 'Do not change the user of the JVM in the application or in the base image.'
  },
  {
    id: 'jvm-jcmd-fail',
    pattern: /An exception during a checkpoint operation:/m,
    category: 'application',
    cause: 'The JVM refused the checkpoint.',
    fix: 'Read the suppressed exceptions below it: they name the causes.',
    weight: 'pointer'
  },
  {
    id: 'jvm-timeout',
    pattern: /The checkpoint was not generated within (\d+) seconds\./m,
    category: 'input',
    cause: 'The JVM gave up the checkpoint after $1 seconds.',
    fix: 'Remove -XX:CRaCCheckpointTimeout from `java-options`. `checkpoint-timeout` is the limit of the action.'
  },
  {
    id: 'jvm-bad-fd',
    pattern: /JVM: FD fd=(\d+) type=(\S{1,300}) path="(.{0,300}?)"\s+BAD: opened by application/m,
    category: 'application',
    cause: 'The application opened file descriptor $1: $2, $3.',
    fix: 'Close it in beforeCheckpoint of an org.crac.Resource.'
  },
  {
    id: 'jvm-heap',
    pattern: /java\.lang\.OutOfMemoryError: (.+)/m,
    category: 'application',
    cause: 'The JVM ran out of memory: $1.',
    fix: 'Load less data at the start; or let the workflow author set a larger heap (`java-options: -Xmx...`) for "Java heap space".'
  }
])
