import { stat } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { openPromise } from 'yauzl'

const MANIFEST = 'META-INF/MANIFEST.MF'
/** In bytes: a manifest is read into memory, and jars come from anywhere. */
const LARGEST_MANIFEST = 1024 * 1024

/** The Main-Class in a jar's manifest; undefined for a jar that cannot be run, and for a file that is no jar. */
export async function mainClassOf(file: string): Promise<string | undefined> {
  const manifest = await readManifest(file).catch(() => undefined)
  // A long value goes on in the next line, after one space.
  const unfolded = manifest?.replace(/\r?\n /g, '')
  return unfolded && /^Main-Class:[ \t]*(\S+)/m.exec(unfolded)?.[1]
}

async function readManifest(file: string): Promise<string | undefined> {
  // Opening a pipe would wait for its other end.
  if (!(await stat(file)).isFile()) return undefined
  const jar = await openPromise(file, { lazyEntries: true })
  for await (const entry of jar.eachEntry()) {
    if (entry.fileName === MANIFEST && entry.uncompressedSize <= LARGEST_MANIFEST) {
      return await text(await jar.openReadStreamPromise(entry))
    }
  }
  return undefined
}
