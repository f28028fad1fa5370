// Names that this program shares with the scripts in docker/. __tests__/image/image-paths.test.ts checks that both agree.

/** Folder of the application in the image. */
export const APP_DIR = '/app'

/** Home folder of the user who runs the application in the image. */
export const HOME_DIR = '/home/app'

/** Folder of the JDK in the image; JAVA_LINK leads to its top folder. */
export const JDK_DIR = '/opt/jdk'
export const JAVA_LINK = '/opt/crac-java'

/** Folder of the action's scripts and files in the image. */
export const CRAC_DIR = '/opt/crac-checkpoint'

/** Folder of the snapshot: CRIU's images. */
export const SNAPSHOT_DIR = `${CRAC_DIR}/snapshot`

/** Folder of the archive of classes. */
export const ARCHIVE_DIR = `${CRAC_DIR}/archive`

/** Files in ARCHIVE_DIR besides the archive; without an archive, `options` is empty. */
export const ARCHIVE_FILES = {
  /** Options with which the JVM uses the archive, one a line. */
  options: 'java-options',
  /** Size of the archive in bytes, and its path. */
  size: 'size'
} as const

/** Folder of the files that describe the checkpoint; it exists in the checkpoint container only. */
export const EVIDENCE_DIR = `${CRAC_DIR}/evidence`

/**
 * Beginning of the name of a file in the home folder. CRIU writes the process id of the restored JVM to it, or the entry
 * script writes `warp`.
 */
export const RESTORED_MARK = '.crac-restored-'

/** Scripts that the program runs in a container, below CRAC_DIR. */
export const SCRIPTS = {
  trigger: 'trigger.sh',
  tryCriu: 'try-criu.sh',
  mapHeap: 'map-heap.sh',
  train: 'train.sh',
  dumpArchive: 'dump-archive.sh'
} as const

/** Files that the program writes for the scripts, below CRAC_DIR: one word a line, but for the profile. */
export const LAUNCH_FILES = {
  javaOptions: 'java-options',
  application: 'application',
  arguments: 'arguments',
  mainClass: 'main-class',
  cpuFeatures: 'cpu-features',
  ownOptions: 'own-options',
  checkpointOptions: 'checkpoint-options',
  seccompProfile: 'seccomp.json',
  resourcePolicies: 'resource-policies.yaml'
} as const

/** Files that the scripts write for the program, below EVIDENCE_DIR. */
export const EVIDENCE_FILES = {
  criuLog: 'dump4.log',
  statistics: 'stats-dump',
  /** Names and sizes of the files of the snapshot. */
  listing: 'files',
  /** Time at which CRIU finished, in seconds. */
  completed: 'completed',
  jvmPid: 'jvm.pid',
  /** Output of jcmd: where the JVM keeps what in its memory. */
  jvmMemory: 'jvm-memory',
  /** Names of the environment variables of the JVM, with a NUL after each. */
  environmentNames: 'environment-names',
  /** Folder of CRIU's images without the memory. */
  images: 'images'
} as const

/** What the program hands to the script that maps the heap, below EVIDENCE_DIR. */
export const HEAP_FILES = { folder: 'heap', mapped: 'mapped', loaded: 'loaded', images: 'images' } as const

/** Beginnings of the lines that the scripts print for the program. */
export const MARKERS = {
  engines: 'crac-checkpoint: engines',
  trial: 'crac-checkpoint: trial of',
  jvmEnded: 'crac-checkpoint: the JVM ended with',
  notRestored: 'crac-checkpoint: the snapshot could not be restored here',
  archive: 'crac-checkpoint: archive'
} as const

/** A line with which docker/tools/ ends the build: the name of the problem, and its details. */
export const BUILD_PROBLEM =
  /crac-checkpoint: (NO-CRIU|NO-PACKAGES|NO-JDK|NO-CRAC|NO-JCMD|NO-PLACE|NO-ENGINE): (.*)/
