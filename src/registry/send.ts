import { createReadStream } from 'node:fs'
import { sizeText, type Bytes } from '../lib/values.js'
import type { Blob } from './client.js'
import type { LayerFile } from './layer-file.js'
import { withContext, type PushTarget } from './published.js'

/** Least content that has a line in the log: an image has a dozen layers of some hundred bytes. */
const SHOWN: Bytes = 100_000

export interface Destination {
  targets: readonly PushTarget[]
  info: (line: string) => void
}

/** Sends the layers that repositories lack, in parallel, and adds their digests to `sent`. Waits for all of them, whatever fails. */
export async function sendLayers(
  destination: Destination,
  layers: readonly LayerFile[],
  sent: Set<string>
): Promise<void> {
  const uploads = await Promise.allSettled(
    layers.map((layer) => sendBlob(destination, { ...layer, open: () => createReadStream(layer.file) }, sent))
  )
  for (const upload of uploads) if (upload.status === 'rejected') throw upload.reason
}

/** Sends content to the repositories that lack it: once to each registry, whose other repositories take it over from the first. */
export async function sendBlob({ targets, info }: Destination, blob: Blob, sent: Set<string>): Promise<void> {
  for (const [index, target] of targets.entries()) {
    const { client, name } = target
    await withContext(target, async () => {
      if (await client.hasBlob(blob.digest)) return
      const source = targets.slice(0, index).find((other) => other.client.registry === client.registry)
      if (source && (await client.mount(blob.digest, source.client.path))) {
        if (blob.size >= SHOWN) info(`${name}: took over ${sizeText(blob.size)} from ${source.name}.`)
        return
      }
      await client.upload(blob)
      sent.add(blob.digest)
      if (blob.size >= SHOWN) info(`${name}: sent ${sizeText(blob.size)}.`)
    })
  }
}
