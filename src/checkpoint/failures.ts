import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkpointRefusal, listResources, OpenResources } from '../diagnosis/checkpoint-exception.js'
import { suggestPolicies } from '../diagnosis/suggest-policies.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'
import type { Failure } from '../lib/errors.js'
import { writeLog, type Hiding } from '../lib/kept-log.js'
import type { RunningApplication, CheckpointContext } from './started-application.js'
import { criuFailure, type Evidence } from './verify.js'
import { copyEvidence, type OutputEvents } from './trigger.js'

/**
 * Returns why an application that triggers its checkpoint itself ended without one; undefined where its end has another
 * reason. The JVM reports the refusal to the caller: here the application, in whose log it is.
 */
export async function ownCheckpointFailure(
  context: CheckpointContext,
  application: RunningApplication,
  events: OutputEvents,
  to: Evidence
): Promise<Failure | undefined> {
  if (!events.hasEngineFailed()) return checkpointRefusal(events.refusal())
  await copyEvidence(context, application, to).catch(() => undefined)
  const criuLog = await readFile(path.join(to.evidence, EVIDENCE_FILES.criuLog), 'latin1').catch(() => '')
  return criuFailure(criuLog, undefined, application.output.text())
}

/** Makes the JVM record where each descriptor was opened; it slows the application down. */
export const STACK_TRACES = '-Djdk.crac.collect-fd-stacktraces=true'

const POLICIES = 'resource-policies.txt'

/**
 * Returns the refusal with the resources of a second one, which has stack traces, and writes suggested resource
 * policies for them to a file beside the logs. If the code names the client, the fix is that of the second one, and the message has no
 * policies for its sockets: pasted, they would hide the problem.
 */
export async function explainOpen(
  refused: OpenResources,
  second: OpenResources | undefined,
  { evidence }: Evidence,
  hiding: Hiding
): Promise<OpenResources> {
  const { resources, message } = second ?? refused
  const named = second?.isNamed ? second : refused
  const policies = suggestPolicies(resources)
  await writeLog(path.join(evidence, POLICIES), policies, hiding)
  const list = listResources(resources)
  const details =
    named.isNamed && resources.every(({ kind }) => kind === 'socket')
      ? { fix: named.fix, evidence: list }
      : {
          fix: `${named.fix} The JVM can handle what the application cannot close: paste the input \`resource-policies\` below, which is also ${POLICIES} in the folder of the output \`logs\`.`,
          evidence: `${list}\n${asInput(policies)}`
        }
  return new OpenResources(resources, message, { ...details, signature: named.signature }, named.isNamed)
}

/** Returns the rules as an input of the step, ready to paste. */
function asInput(policies: string): string {
  return [
    'resource-policies: |',
    ...policies
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`)
  ].join('\n')
}
