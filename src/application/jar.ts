import { createWriteStream } from 'node:fs'
import { mkdir, utimes } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Bytes } from '../lib/values.js'
import { openZip } from './zip.js'

export const MANIFEST = 'META-INF/MANIFEST.MF'
/** Maximum size of a manifest or of settings, in bytes: they are read into memory, and jars are untrusted. */
const MAX_TEXT_SIZE = 1024 * 1024

export interface Manifest {
  mainClass: string | undefined
  /** Further files of the class path, relative to the jar. */
  classPath: string[]
  /** Main class of the application if `mainClass` is a launcher of Spring Boot. */
  startClass: string | undefined
  /** Further files of the class path for the PropertiesLauncher of Spring Boot. */
  loaderPath: string | undefined
}

/** Reads the manifest; undefined for a jar without one, and for a file that is not a jar. */
export async function readManifest(file: string): Promise<Manifest | undefined> {
  const manifest = await textIn(file, MANIFEST).catch(() => undefined)
  return manifest === undefined ? undefined : parseManifest(manifest)
}

/** Returns the attributes in the text of a manifest. */
export function parseManifest(manifest: string): Manifest {
  // A long value continues in the next line, after one space.
  const unfolded = manifest.replace(/\r?\n /g, '')
  const attribute = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(\\S.*?)[ \\t]*$`, 'm').exec(unfolded)?.[1]
  return {
    mainClass: attribute('Main-Class'),
    classPath: attribute('Class-Path')?.split(/ +/) ?? [],
    startClass: attribute('Start-Class'),
    loaderPath: attribute('Loader-Path')
  }
}

/** Returns the texts of the wanted entries by their names; entries of more than a megabyte are left out. */
export async function textsIn(file: string, wanted: (name: string) => boolean): Promise<Map<string, string>> {
  const jar = await openZip(file)
  const texts = new Map<string, string>()
  for await (const entry of jar.eachEntry()) {
    if (wanted(entry.fileName) && entry.uncompressedSize <= MAX_TEXT_SIZE)
      texts.set(entry.fileName, await text(await jar.openReadStreamPromise(entry)))
  }
  return texts
}

/** Returns the name that the file of a class has in a jar. */
export function classFileOf(className: string): string {
  return `${className.replaceAll('.', '/')}.class`
}

/** Returns whether a jar has a class; false for a file that is not a jar. */
export async function hasClass(file: string, className: string): Promise<boolean> {
  return (await namesIn(file).catch((): string[] => [])).includes(classFileOf(className))
}

export async function namesIn(file: string): Promise<string[]> {
  const jar = await openZip(file)
  const names: string[] = []
  for await (const entry of jar.eachEntry()) names.push(entry.fileName)
  return names
}

/**
 * Unpacks the wanted files below one folder of a jar into a folder, with their times. Throws an error for a file name that
 * leads out of the folder.
 */
export async function unpackFrom(
  file: string,
  prefix: string,
  folder: string,
  wanted: (name: string) => boolean = () => true
): Promise<void> {
  const jar = await openZip(file)
  for await (const entry of jar.eachEntry()) {
    if (!entry.fileName.startsWith(prefix) || entry.fileName.endsWith('/')) continue
    const name = entry.fileName.slice(prefix.length)
    if (!wanted(name)) continue
    // yauzl refuses absolute names and names with `..`.
    const destination = path.join(folder, name)
    await mkdir(path.dirname(destination), { recursive: true })
    await pipeline(await jar.openReadStreamPromise(entry), createWriteStream(destination, { flags: 'wx' }))
    const time = entry.getLastModDate({ timezone: 'UTC' })
    await utimes(destination, time, time)
  }
}

/** Returns a short text file in a jar; undefined if the jar does not have it. Throws an error for a file that is not a jar. */
export async function textIn(file: string, name: string): Promise<string | undefined> {
  const jar = await openZip(file)
  try {
    for await (const entry of jar.eachEntry()) {
      if (entry.fileName === name && entry.uncompressedSize <= MAX_TEXT_SIZE)
        return await text(await jar.openReadStreamPromise(entry))
    }
    return undefined
  } finally {
    jar.close()
  }
}

/** Returns the first bytes of the wanted files in a jar, with their names. */
export async function headersIn(
  file: string,
  wanted: (name: string) => boolean,
  size: Bytes,
  most: number
): Promise<[name: string, header: Buffer][]> {
  const jar = await openZip(file)
  const found: [string, Buffer][] = []
  try {
    for await (const entry of jar.eachEntry()) {
      if (found.length === most) break
      if (!wanted(entry.fileName)) continue
      const chunks: Buffer[] = []
      for await (const chunk of await jar.openReadStreamPromise(entry)) {
        chunks.push(chunk as Buffer)
        if (Buffer.concat(chunks).length >= size) break
      }
      found.push([entry.fileName, Buffer.concat(chunks).subarray(0, size)])
    }
    return found
  } finally {
    jar.close()
  }
}
