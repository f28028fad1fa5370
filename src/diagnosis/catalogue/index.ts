import type { Signature } from '../signature.js'
import { clients } from './clients.js'
import { criuBoth } from './criu-both.js'
import { criuDump } from './criu-dump.js'
import { criuRestore } from './criu-restore.js'
import { docker } from './docker.js'
import { frameworks } from './frameworks.js'
import { jvmDump } from './jvm-dump.js'
import { jvmRestore } from './jvm-restore.js'
import { registry } from './registry.js'
import { start } from './start.js'

/** All known failures, by the lines that show them. */
export const CATALOGUE: readonly Signature[] = [
  ...criuDump,
  ...criuBoth,
  ...criuRestore,
  ...jvmDump,
  ...jvmRestore,
  ...clients,
  ...frameworks,
  ...start,
  ...docker,
  ...registry
]
