import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkpointRefusal } from '../diagnosis/checkpoint-exception.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'
import type { Failure } from '../lib/errors.js'
import type { Application, CheckpointContext } from './started-application.js'
import { criuFailure, type Evidence } from './verify.js'
import { copyEvidence, type Signs } from './trigger.js'

/**
 * Returns why an application that triggers its checkpoint itself ended without one; undefined where its end has another
 * reason. The JVM reports the refusal to the caller: here the application, in whose log it is.
 */
export async function ownCheckpointFailure(
  context: CheckpointContext,
  application: Application,
  signs: Signs,
  to: Evidence
): Promise<Failure | undefined> {
  if (!signs.hasEngineFailed()) return checkpointRefusal(signs.refusal())
  await copyEvidence(context, application, to).catch(() => undefined)
  const criuLog = await readFile(path.join(to.evidence, EVIDENCE_FILES.criuLog), 'latin1').catch(() => '')
  return criuFailure(criuLog, undefined, application.output.text())
}
