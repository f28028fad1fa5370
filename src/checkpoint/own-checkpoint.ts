import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkpointRefusal } from '../diagnosis/checkpoint-exception.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'
import type { Failure } from '../lib/errors.js'
import type { Application, World } from './started-application.js'
import { criuFailure, type Evidence } from './verify.js'
import { copyEvidence, type Signs } from './trigger.js'

/**
 * Why an application that takes its checkpoint itself while it starts ended without one; undefined if it was not
 * that. With jcmd the JVM would tell whoever asked; here it tells the application, whose log that is.
 */
export async function ownCheckpointFailure(
  world: World,
  application: Application,
  signs: Signs,
  to: Evidence
): Promise<Failure | undefined> {
  if (!signs.hasEngineFailed()) return checkpointRefusal(signs.refusal())
  await copyEvidence(world, application, to).catch(() => undefined)
  const criuLog = await readFile(path.join(to.evidence, EVIDENCE_FILES.criuLog), 'latin1').catch(() => '')
  return criuFailure(criuLog, undefined, application.output.text())
}
