import type { Milliseconds } from '../lib/values.js'
import {
  addressOf,
  containerEnd,
  createContainer,
  type Address,
  type ContainerEnd,
  type ContainerSpec
} from './containers.js'
import type { Context } from './context.js'
import { inspectContainer } from './inspect.js'

export type StartContext = Pick<Context, 'docker' | 'clock'>

export interface StartedContainer {
  name: string
  ended: Promise<ContainerEnd>
  /** Address of the port of the application; rejects where the container has ended already, as it then publishes none. */
  address: Promise<Address>
  /** Time of the start by our clock: as Docker reports it, or else when `docker start` returned. */
  startTime: () => Promise<Milliseconds>
}

/** Creates a container and starts it. Neither of its promises has to be awaited. */
export async function startContainer(
  { docker, clock }: StartContext,
  spec: ContainerSpec
): Promise<StartedContainer> {
  const { name } = spec
  await createContainer(docker, spec)
  const before = { wall: Date.now(), steady: clock.now() }
  await docker.run(['start', name])
  const after = clock.now()
  const ended = containerEnd(docker, name)
  const address = addressOf(docker, spec)
  // A failure elsewhere may end the run before these two are awaited.
  ended.catch(() => undefined)
  address.catch(() => undefined)
  return {
    name,
    ended,
    address,
    // Docker knows best when the container started; its clock counts only if it agrees with ours.
    startTime: async () => {
      const startedAt = Date.parse((await inspectContainer(docker, name)).State.StartedAt)
      const started = before.steady + (startedAt - before.wall)
      return started >= before.steady && started <= after ? started : after
    }
  }
}
