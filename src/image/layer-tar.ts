import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack, type Header, type Pack } from 'tar-stream'
import type { Bytes } from '../lib/values.js'

/** A layer of an image that is made file by file. */
export interface LayerPlan {
  /** Header of its entries, in their order; a folder comes before its files. */
  headers: readonly Header[]
  /** Returns the content of the files that are not empty, in the order of their headers. A reader that stops earlier closes it. */
  contents: () => AsyncIterable<LayerContent>
}

export interface LayerContent {
  /** Path in the image, without a leading slash. */
  name: string
  bytes: AsyncIterable<Uint8Array>
}

/** Blocks of a tar archive, in bytes. */
const BLOCK = 512

/** Returns the size of the tar archive of a layer. */
export async function sizeOfLayer({ headers }: LayerPlan): Promise<Bytes> {
  const tar = pack()
  const [bare] = await Promise.all([buffer(tar), writeEntries(tar, headers.map(withoutContent))])
  return headers
    .filter(hasContent)
    .reduce((sum, { size = 0 }) => sum + Math.ceil(size / BLOCK) * BLOCK, bare.length)
}

/**
 * Returns the tar archive of a layer. The stream fails if the content is not that of the headers: another file, or a file of another
 * size.
 */
export function tarOfLayer({ headers, contents }: LayerPlan): Readable {
  const tar = pack()
  writeEntries(tar, headers, contents()).catch((error: unknown) => tar.destroy(error as Error))
  return Readable.from(tar)
}

async function writeEntries(
  tar: Pack,
  headers: readonly Header[],
  contents: AsyncIterable<LayerContent> = nothing()
): Promise<void> {
  const files = contents[Symbol.asyncIterator]()
  try {
    for (const header of headers) {
      if (!hasContent(header)) {
        await writeEmpty(tar, header)
        continue
      }
      const file = await files.next()
      const name = file.done === true ? 'nothing' : file.value.name
      if (file.done === true || name !== header.name)
        throw new Error(`${name} follows instead of ${header.name}`)
      await pipeline(file.value.bytes, tar.entry({ ...header }))
    }
    const more = await files.next()
    if (more.done !== true) throw new Error(`${more.value.name} is one file too many`)
  } finally {
    await files.return?.()
  }
  tar.finalize()
}

async function writeEmpty(tar: Pack, header: Header): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    tar.entry({ ...header }, '', (error) => (error ? reject(error) : resolve()))
  })
}

function hasContent({ type, size = 0 }: Header): boolean {
  return type === 'file' && size > 0
}

function withoutContent(header: Header): Header {
  return { ...header, size: 0 }
}

async function* nothing(): AsyncGenerator<LayerContent> {}
