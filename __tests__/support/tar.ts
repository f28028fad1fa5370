import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack, type Header } from 'tar-stream'

export type TarEntry = Partial<Header> & { name: string; content?: string }

/** What every JDK archive has, as far as the checks go. */
export const JDK_ENTRIES: TarEntry[] = [
  { name: 'jdk-21/', type: 'directory' },
  { name: 'jdk-21/bin/java', mode: 0o755, content: '#!/bin/sh\n' },
  { name: 'jdk-21/lib/criu', mode: 0o4755, content: 'criu' },
  { name: 'jdk-21/legal/link', type: 'symlink', linkname: '../bin/java' }
]

export async function writeTar(file: string, entries: TarEntry[]): Promise<void> {
  const tar = pack()
  for (const { content = '', ...header } of entries)
    tar.entry(header, header.type === undefined ? content : '')
  tar.finalize()
  await pipeline(tar, createGzip(), createWriteStream(file))
}
