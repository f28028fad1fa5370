import { createWriteStream } from 'node:fs'
import { mkdir, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'

const MANIFEST = 'META-INF/MANIFEST.MF'
/** In bytes: a manifest is read into memory, and jars come from anywhere. */
const LARGEST_MANIFEST = 1024 * 1024

/** What a jar's manifest says that matters here. */
export interface Manifest {
  mainClass: string | undefined
  /** Files that belong to it, relative to the jar. */
  classPath: string[]
  /** The application's own main class, where `mainClass` is Spring Boot's launcher. */
  startClass: string | undefined
}

/** Reads the manifest; undefined for a jar without one, and for a file that is no jar. */
export async function readManifest(file: string): Promise<Manifest | undefined> {
  const manifest = await manifestText(file).catch(() => undefined)
  // A long value goes on in the next line, after one space.
  const unfolded = manifest?.replace(/\r?\n /g, '')
  if (unfolded === undefined) return undefined
  const attribute = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(\\S.*?)[ \\t]*$`, 'm').exec(unfolded)?.[1]
  return {
    mainClass: attribute('Main-Class'),
    classPath: attribute('Class-Path')?.split(/ +/) ?? [],
    startClass: attribute('Start-Class')
  }
}

/** The names of the files in a jar. */
export async function namesIn(file: string): Promise<string[]> {
  const jar = await openPromise(file, { lazyEntries: true })
  const names: string[] = []
  for await (const entry of jar.eachEntry()) names.push(entry.fileName)
  return names
}

/**
 * Unpacks what is below one folder of a jar into a folder, of that only what is wanted, with the times that the jar
 * has; a name that leads out of it is an error of the jar.
 */
export async function unpackFrom(
  file: string,
  prefix: string,
  folder: string,
  wanted: (name: string) => boolean = () => true
): Promise<void> {
  const jar = await openPromise(file, { lazyEntries: true })
  for await (const entry of jar.eachEntry()) {
    if (!entry.fileName.startsWith(prefix) || entry.fileName.endsWith('/')) continue
    const name = entry.fileName.slice(prefix.length)
    if (!wanted(name)) continue
    // yauzl refuses names that are absolute or go up.
    const destination = path.join(folder, name)
    await mkdir(path.dirname(destination), { recursive: true })
    await pipeline(await jar.openReadStreamPromise(entry), createWriteStream(destination, { flags: 'wx' }))
    const time = entry.getLastModDate()
    await utimes(destination, time, time)
  }
}

async function manifestText(file: string): Promise<string | undefined> {
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
