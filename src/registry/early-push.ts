import type { Docker } from '../docker/docker.js'
import { HttpFailure } from '../http/retry.js'
import type { LayerFile, PackedLayer } from './layer-file.js'
import type { GivenLayers } from './given-layers.js'
import { knownEverywhere, takeOverAll } from './known-layers.js'
import type { PushTarget } from './published.js'
import { sendLayers } from './send.js'

/** Sends layers of an image before the image is complete: without a manifest, nobody can pull them. */
export interface EarlyPush {
  /** Layers that all repositories have or can take over, by their uncompressed digests. */
  known: ReadonlyMap<string, PackedLayer>
  /** Has the repositories take over what they can. Returns false where a layer has to be sent: then this push cannot go on. */
  takeOver: () => Promise<boolean>
  /** Digests of the layers that were sent. */
  sent: ReadonlySet<string>
  /** Lines for the log about what was sent. */
  notes: readonly string[]
  /** Starts to send layers; no other image may have those that are `own`. What fails for a while is sent again by the push. */
  send: (layers: readonly LayerFile[], whose: 'shared' | 'own') => void
  /** Waits until nothing is being sent. Rejects with a refusal that another try would not change. */
  settled: () => Promise<void>
  /** Says that a manifest is about to name these digests. */
  keep: (digests: readonly string[]) => void
  /** Removes the own layers that no manifest names from the registries, where these agree. */
  removeRest: () => Promise<void>
}

/** Prepares to send layers of an image to repositories that were queried. `image` is on this machine, with the layers that are sent first. */
export async function openEarlyPush(
  docker: Docker,
  image: string,
  targets: readonly PushTarget[],
  given: readonly GivenLayers[] = []
): Promise<EarlyPush> {
  const { known, offered } = await knownEverywhere(docker, image, targets, given)
  const sent = new Set<string>()
  const notes: string[] = []
  const destination = { targets, info: (line: string) => notes.push(line) }
  const sending: Promise<void>[] = []
  const failures: Error[] = []
  const own = new Set<string>()
  return {
    known: new Map([...known, ...offered]),
    takeOver: () => takeOverAll(targets, offered, given),
    sent,
    notes,
    send: (layers, whose) => {
      if (whose === 'own') for (const { digest } of layers) own.add(digest)
      sending.push(
        sendLayers(destination, layers, sent).catch((error: unknown) => void failures.push(error as Error))
      )
    },
    settled: async () => {
      await Promise.all(sending)
      const refusal = failures.find(isFinal)
      if (refusal) throw refusal
    },
    keep: (digests) => {
      for (const digest of digests) own.delete(digest)
    },
    removeRest: async () => {
      await Promise.all(sending)
      const rest = [...own].filter((digest) => sent.has(digest))
      for (const { rollback } of targets) await Promise.all(rest.map((digest) => rollback.removeBlob(digest)))
    }
  }
}

/** Returns whether another try would fail in the same way, or only succeed after a long time. */
function isFinal({ cause }: Error): boolean {
  return cause instanceof HttpFailure && (cause.retry === undefined || cause.retry.after !== undefined)
}
