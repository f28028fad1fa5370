import path from 'node:path'
import type { Libraries } from '../application/libraries.js'
import { agentsIn, explainAgents, warningsOf } from '../application/agents.js'
import { explainClients } from '../application/clients.js'
import { explainMissingSupport } from '../application/frameworks.js'
import type { Application } from '../application/layouts/layout.js'
import { explainSecondServer } from '../application/second-server.js'
import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import type { Reach } from '../docker/containers.js'
import {
  containerSettings,
  imagesFolder,
  keepIn,
  type ContainerInputs,
  type Context
} from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { jvmVariablesIn } from '../image/jvm-variables.js'
import { shownLines } from '../lib/kept-log.js'
import type { Milliseconds } from '../lib/values.js'
import { otherPorts, type Readiness } from '../probe/readiness.js'
import { requestOf, type WarmUpLine } from '../probe/request-lines.js'
import type { CheckpointEngine } from './choose-engine.js'
import { takeSnapshot, type Snapshot } from './take.js'
import { standardWarmUp, type WarmUp, type WarmUpRequest } from './warm-up.js'

export interface WarmUpInputs {
  port: number
  warmup: WarmUpLine[] | undefined
  /** Program that warms the application up, relative to the workspace. */
  warmupScript: string | undefined
}

export interface WarmUpSetting {
  readiness: Readiness
  workspace: string
  /** Environment of the warm-up script. */
  environment: NodeJS.ProcessEnv
}

export interface CheckpointInputs extends ContainerInputs, WarmUpInputs {
  javaOptions: string[]
  startupTimeout: Milliseconds
  warmupTimeout: Milliseconds
  /** Rest between the warm-up and the checkpoint. */
  checkpointDelay: Milliseconds | undefined
  checkpointTimeout: Milliseconds
}

/** Setting of the checkpoint, from the earlier steps. */
interface CheckpointSetting extends WarmUpSetting {
  engine: CheckpointEngine
  reach: Reach
  application: Pick<Application, 'command'>
  libraries: Libraries | undefined
  base: { environment: Readonly<Record<string, string>> }
}

/** Starts the application in the checkpoint image, warms it up and takes its snapshot. Throws a Failure if that does not work. */
export async function checkpointApplication(
  context: Context,
  inputs: CheckpointInputs,
  setting: CheckpointSetting
): Promise<Snapshot> {
  const { docker, clock, log, logs, id } = context
  const { engine, reach, readiness, libraries } = setting
  const names = namesOf(id)
  const options = [...inputs.javaOptions, ...setting.application.command]
  const agents = agentsIn(options, jvmVariablesIn({ ...setting.base.environment, ...inputs.env }))
  for (const warning of warningsOf(agents)) log.warning(warning)
  const snapshot = await takeSnapshot(
    {
      docker,
      clock,
      log: { ...log, untrusted: shownLines(log, 'application.log') },
      keep: keepIn(context, 'application.log')
    },
    {
      ...containerSettings(context, inputs, reach),
      otherPorts: otherPorts(readiness),
      container: names.checkpointContainer,
      image: names.image('checkpoint'),
      engine,
      readiness,
      startupTimeout: inputs.startupTimeout,
      warmUp: await warmUpOf(inputs, setting),
      warmupTimeout: inputs.warmupTimeout,
      checkpointDelay: inputs.checkpointDelay ?? 0,
      checkpointTimeout: inputs.checkpointTimeout,
      evidence: logs,
      images: imagesFolder(context)
    }
  ).catch((error: unknown) => {
    if (!(error instanceof OpenResources)) throw error
    const explained = explainAgents(error, agents)
    if (!(explained instanceof OpenResources)) throw explained
    const supported = libraries ? explainMissingSupport(explained, libraries) : explained
    const servers = { port: inputs.port, management: readiness.management, libraries }
    if (supported !== explained) throw supported
    throw (
      explainSecondServer(explained, servers) ??
      (libraries && explainClients(explained, libraries)) ??
      explained
    )
  })
  const duration = snapshot.checkpointDuration
  const within = duration === undefined ? '' : `, taken in ${Math.round(duration)} ms`
  log.info(`Snapshot: ${snapshot.size} bytes${within}.`)
  return snapshot
}

/** Returns the warm-up of the inputs, with the content of its files; the standard one where the user gives none. */
export async function warmUpOf(
  { warmup, warmupScript, port }: WarmUpInputs,
  { readiness, workspace, environment }: WarmUpSetting
): Promise<WarmUp> {
  const lines: WarmUpRequest[] = []
  for (const line of warmup ?? []) lines.push({ ...line, request: await requestOf(line, workspace) })
  if (warmup === undefined && warmupScript === undefined) lines.push(standardWarmUp(readiness, port))
  const script = warmupScript === undefined ? undefined : path.resolve(workspace, warmupScript)
  return { lines, script, environment }
}
