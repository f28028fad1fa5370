import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  checkpointRefusal,
  CheckpointRefused,
  listResources,
  OpenResources,
  suggestPolicies
} from '../diagnosis/checkpoint-exception.js'
import { EVIDENCE_FILES } from '../lib/image-paths.js'
import type { Failure } from '../lib/errors.js'
import { writeLog, type Hiding } from '../lib/kept-log.js'
import { jvmVariablesIn } from '../image/jvm-variables.js'
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
 * policies for them to a file beside the logs.
 */
export async function explainOpen(
  refused: OpenResources,
  second: OpenResources | undefined,
  { evidence }: Evidence,
  hiding: Hiding
): Promise<OpenResources> {
  const { resources, message } = second ?? refused
  const policies = suggestPolicies(resources)
  await writeLog(path.join(evidence, POLICIES), policies, hiding)
  return new OpenResources(resources, message, {
    fix:
      `${refused.fix} The JVM can handle what cannot be closed there: paste the input \`resource-policies\` below, which is ` +
      `also ${POLICIES} in the folder of the output \`logs\`.`,
    evidence: `${listResources(resources)}\n${asInput(policies)}`,
    signature: refused.signature
  })
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

/** Options with which the JVM itself, and not the application, listens on the port in the first group. */
const PORT_OPTIONS = [
  {
    pattern: /-Dcom\.sun\.management\.jmxremote\.(?:rmi\.)?port=(\d+)/,
    listener: 'JMX',
    fix: 'Remove the options of JMX for the checkpoint, because nothing closes its port. In a restored container, `jcmd PID ManagementAgent.start jmxremote.port=PORT` opens it.'
  },
  {
    pattern: /-(?:agentlib:|X(?:run)?)jdwp[=:]\S*address=(?:[^\s,]*:)?(\d+)/,
    listener: 'The debugger of the JVM',
    fix: 'Remove the option of the debugger for the checkpoint, because nothing closes its port.'
  }
]

/** Returns the refusal with the option of the JVM that opened a port; undefined if no open port is that of such an option. */
export function explainPortOption(
  refused: OpenResources,
  { javaOptions, env }: { javaOptions: readonly string[]; env: Readonly<Record<string, string>> }
): Failure | undefined {
  const given = [...javaOptions, ...jvmVariablesIn(env)]
  for (const { pattern, listener, fix } of PORT_OPTIONS)
    for (const option of given) {
      const [, port = ''] = pattern.exec(option) ?? []
      if (!refused.resources.some((open) => open.listens && hasPort(open.description, port))) continue
      return new CheckpointRefused(
        `${refused.message} ${listener} listens on port ${port}, because an option of the JVM says so.`,
        { fix, evidence: refused.evidence, signature: refused.signature, cause: refused }
      )
    }
  return undefined
}

const hasPort = (description: string, port: string): boolean =>
  port !== '' && new RegExp(`\\b(?:localPort |localport=|:)${port}\\b`).test(description)
