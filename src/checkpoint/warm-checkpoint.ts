import type { ContainerEnd } from '../docker/containers.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { triggerPatiently } from './kept-connections.js'
import type { RunningApplication, CheckpointContext } from './started-application.js'
import { checkpoint, type OutputEvents, type TriggerRequest } from './trigger.js'
import { warmUp, type WarmUp, type WarmUpReport } from './warm-up.js'

/** A checkpoint that was triggered, and its end. */
export interface Checkpointed {
  /** Who triggered it. */
  trigger: 'action' | 'application'
  warmUp: WarmUpReport
  end: ContainerEnd
  checkpointDuration?: Milliseconds
}

/** What is done between readiness and the checkpoint. */
interface WarmCheckpoint extends TriggerRequest {
  warmUp: WarmUp
  warmupTimeout: Milliseconds
  /** Rest between the warm-up and the checkpoint; 0 for none. */
  checkpointDelay: Milliseconds
}

/** Warms the application up, rests, and triggers the checkpoint. Throws a Failure if that does not work. */
export async function checkpointByAction(
  context: CheckpointContext,
  application: RunningApplication,
  events: OutputEvents,
  request: WarmCheckpoint,
  explaining: boolean
): Promise<Checkpointed> {
  const { clock, log } = context
  const warmUpReport = await warmUp(context, application, request)
  if (request.checkpointDelay > 0) {
    log.info(`Waiting for ${seconds(request.checkpointDelay)} before the checkpoint (checkpoint-delay) ...`)
    await clock.sleep(request.checkpointDelay)
  }
  let triggered = clock.now()
  const trigger = async (): Promise<ContainerEnd> => {
    triggered = clock.now()
    return await checkpoint(context, application, events, request)
  }
  const end = await (explaining
    ? trigger()
    : triggerPatiently(context, application.name, trigger, request.checkpointDelay))
  return { end, trigger: 'action', checkpointDuration: clock.now() - triggered, warmUp: warmUpReport }
}

/** Returns the checkpoint that the application triggered itself, and logs what was skipped. */
export function checkpointByApplication(
  { log }: CheckpointContext,
  end: ContainerEnd,
  { warmUp: { lines, script } }: WarmCheckpoint
): Checkpointed {
  log.info('The application took its checkpoint itself while it started; no request was sent to it before.')
  if (lines.some(({ standard }) => !standard) || script !== undefined)
    log.warning(
      'The warm-up was skipped: the application triggered its checkpoint before it could be called.'
    )
  return { end, trigger: 'application', warmUp: { sent: 0, failed: 0 } }
}
