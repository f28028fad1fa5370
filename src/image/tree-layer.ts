import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Header } from 'tar-stream'
import type { LayerPlan } from './layer-tar.js'

/** Returns the layer with the files and folders of a tree, which belong to root. */
export async function planTreeLayer(tree: string): Promise<LayerPlan> {
  const names = (await readdir(tree, { recursive: true })).sort()
  const headers: Header[] = []
  for (const name of names) {
    const stats = await lstat(path.join(tree, name))
    const { mode, size, mtime } = stats
    const isFile = stats.isFile()
    const type = isFile ? 'file' : 'directory'
    headers.push({
      name,
      type,
      mode: mode & 0o7777,
      size: isFile ? size : 0,
      mtime,
      uid: 0,
      gid: 0
    } as Header)
  }
  return {
    headers,
    contents: async function* () {
      for (const { name, type, size = 0 } of headers) {
        if (type === 'file' && size > 0) yield { name, bytes: createReadStream(path.join(tree, name)) }
        await Promise.resolve()
      }
    }
  }
}
