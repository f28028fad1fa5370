import { buffer } from 'node:stream/consumers'
import { pack, type Header } from 'tar-stream'

type Content = Buffer | string
/** Files of a tar archive: content, or a header with the content. */
export type TarFiles = Record<string, Content | { header: Partial<Header>; content?: Content }>

export async function tarOf(files: TarFiles): Promise<Buffer> {
  const tar = pack()
  for (const [name, file] of Object.entries(files)) {
    const { header, content = '' } =
      typeof file === 'string' || Buffer.isBuffer(file) ? { header: {}, content: file } : file
    tar.entry({ name, ...header }, Buffer.from(content as string))
  }
  tar.finalize()
  return await buffer(tar)
}

/** Returns the archive of an image as `docker save` writes it, with layers as they are given. */
export async function imageOf(...layers: Buffer[]): Promise<Buffer> {
  const names = layers.map((_, index) => `blobs/sha256/${index}`)
  return await tarOf({
    'blobs/sha256/config': '{"rootfs": {}}',
    ...Object.fromEntries(layers.map((layer, index) => [names[index] ?? '', layer])),
    'manifest.json': JSON.stringify([{ Layers: names }])
  })
}
