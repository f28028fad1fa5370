import type { Clock } from '../lib/clock.js'
import type { Address } from '../docker/containers.js'
import { send, type HttpRequest } from '../probe/request.js'
import type { Milliseconds } from '../lib/values.js'

/** The same request again and again, one after the other: what the first users of a started application meet. */
export interface Load {
  request: HttpRequest
  count: number
  /** No further request is sent after this time. */
  limit: Milliseconds
}

/** How many requests were sent, and how long they took together; undefined if one was not answered well. */
export async function timeRequests(
  address: Address,
  { request, count, limit }: Load,
  clock: Clock
): Promise<{ count: number; duration: Milliseconds } | undefined> {
  const begin = clock.now()
  let sent = 0
  while (sent < count && clock.now() - begin < limit) {
    const { ok } = await send(address, request)
    if (!ok) return undefined
    sent++
  }
  return { count: sent, duration: Math.max(1, Math.round(clock.now() - begin)) }
}
