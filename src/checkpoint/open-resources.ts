import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { listResources, suggestPolicies, OpenResources } from '../diagnosis/checkpoint-exception.js'

/** Tells the JVM to note where each descriptor was opened; it slows the application down. */
export const STACK_TRACES = '-Djdk.crac.collect-fd-stacktraces=true'

const POLICIES = 'resource-policies.txt'

/** The refusal, with what a second one told, and with a file of policies beside the logs that names what is open. */
export async function explainOpen(
  refused: OpenResources,
  second: OpenResources | undefined,
  logs: string
): Promise<OpenResources> {
  const resources = second?.resources ?? refused.resources
  const policies = suggestPolicies(resources)
  await writeFile(path.join(logs, POLICIES), policies)
  return new OpenResources(resources, (second ?? refused).message, {
    fix:
      `${refused.fix} What cannot be closed there can be left to the JVM: with ` +
      `\`java-options: -Djdk.crac.resource-policies=FILE\`, FILE being a path in the image; ${POLICIES} in the folder of the output ` +
      '`logs` is a beginning.',
    evidence: listResources(resources),
    signature: refused.signature
  })
}
