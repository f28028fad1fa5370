import type { PrivilegesWanted } from '../docker/privileges.js'
import type { Distribution, VersionRequest } from '../jdk/asset.js'
import type { Readiness } from '../probe/readiness.js'
import type { WarmUpLine } from '../probe/request-lines.js'
import type { Reference } from '../registry/reference.js'
import type { Budgets } from '../proof/budgets.js'
import type { Secret } from '../secrets/needles.js'
import type { Milliseconds } from '../lib/values.js'

/** The names of the inputs, as action.yml declares them. */
export const INPUT_NAMES = [
  'context',
  'application',
  'main-class',
  'file',
  'build-args',
  'base-image',
  'labels',
  'tags',
  'java-options',
  'arguments',
  'env',
  'distribution',
  'java-version',
  'jdk-file',
  'jdk-sha256',
  'engine',
  'criu',
  'on-unsupported-runner',
  'cpu-features',
  'port',
  'ready-url',
  'ready-command',
  'ready-log',
  'startup-timeout',
  'warmup',
  'warmup-script',
  'warmup-timeout',
  'checkpoint-timeout',
  'restore-timeout',
  'push-timeout',
  'network',
  'add-hosts',
  'privileges',
  'user',
  'on-restore-failure',
  'verify',
  'verify-runs',
  'max-restore-time',
  'min-speedup',
  'max-snapshot-size',
  'secret-scan',
  'secret-values',
  'skip-unchanged',
  'push',
  'github-token',
  'github-api-url'
] as const

export type InputName = (typeof INPUT_NAMES)[number]

/** What the user asked for, checked. */
export interface Inputs {
  /** Folder that holds the built application, as the user wrote it. */
  context: string
  /** What to run, relative to the context; found by looking when absent. */
  application: string | undefined
  mainClass: string | undefined
  /** A Dockerfile of the user's own, as the user wrote it. */
  file: string | undefined
  buildArgs: Record<string, string>
  baseImage: string
  labels: Record<string, string>
  tags: Reference[]
  javaOptions: string[]
  arguments: string[]
  env: Record<string, string>
  distribution: Distribution
  javaVersion: VersionRequest
  /** Archive for the distribution `file`, as the user wrote it. */
  jdkFile: string | undefined
  /** Lower-case hexadecimal. */
  jdkSha256: string | undefined
  /** What takes the snapshot: CRIU, or the JVM itself. */
  engine: 'auto' | 'criu' | 'warp'
  criu: 'auto' | 'bundled' | 'system'
  onUnsupportedRunner: 'fail' | 'skip' | 'cold'
  cpuFeatures: string
  port: number
  readiness: Readiness
  startupTimeout: Milliseconds
  /** undefined: nothing was asked for. */
  warmup: WarmUpLine[] | undefined
  /** As the user wrote it. */
  warmupScript: string | undefined
  warmupTimeout: Milliseconds
  checkpointTimeout: Milliseconds
  restoreTimeout: Milliseconds
  pushTimeout: Milliseconds
  network: string | undefined
  addHosts: string[]
  privileges: PrivilegesWanted
  user: { uid: number; gid: number }
  onRestoreFailure: 'start' | 'exit'
  /** How many restores and cold starts are timed; 0: the image is restored once, and nothing is timed. */
  verifyRuns: number
  budgets: Budgets
  secretScan: 'fail' | 'warn' | 'off'
  secretValues: Secret[]
  skipUnchanged: boolean
  push: boolean
  githubToken: string | undefined
  githubApiUrl: URL
}
