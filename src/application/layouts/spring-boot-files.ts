import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { MANIFEST, parseManifest, readManifest, unpackFrom, type Manifest } from '../jar.js'
import { isFolder } from './layout.js'

/** The files of an executable jar or war of Spring Boot: in the archive, or in a folder into which it was unpacked. */
export interface SpringBootFiles {
  /** Path of the archive or of the folder. */
  location: string
  manifest: Manifest
  /** Copies the wanted files below a prefix into a folder, with their times. */
  unpack: (prefix: string, folder: string, wanted?: (name: string) => boolean) => Promise<void>
}

/** Folders of `java -Djarmode=layertools -jar app.jar extract`, which together have the content of the jar. */
const LAYERS = ['application', 'dependencies', 'snapshot-dependencies', 'spring-boot-loader']

/** Returns the files of an archive or a folder; undefined if it is not an application of Spring Boot. */
export async function springBootFiles(location: string): Promise<SpringBootFiles | undefined> {
  if (!(await isFolder(location))) {
    const manifest = await readManifest(location)
    if (manifest?.startClass === undefined) return undefined
    return { location, manifest, unpack: unpackFrom.bind(undefined, location) }
  }
  const layers = LAYERS.map((layer) => path.join(location, layer))
  for (const roots of [[location], layers]) {
    const text = await readFile(path.join(roots[0] ?? '', MANIFEST), 'utf8').catch(() => undefined)
    const manifest = text === undefined ? undefined : parseManifest(text)
    if (manifest?.startClass === undefined) continue
    return { location, manifest, unpack: copyFrom.bind(undefined, roots) }
  }
  return undefined
}

/** Copies the wanted files below a prefix in the roots into a folder; links stay links. */
async function copyFrom(
  roots: readonly string[],
  prefix: string,
  folder: string,
  wanted: (name: string) => boolean = () => true
): Promise<void> {
  for (const root of roots) {
    const source = path.join(root, prefix)
    const entries = await readdir(source, { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries.filter((one) => !one.isDirectory())) {
      const name = path.relative(source, path.join(entry.parentPath, entry.name))
      if (!wanted(name)) continue
      const destination = path.join(folder, name)
      await mkdir(path.dirname(destination), { recursive: true })
      await cp(path.join(source, name), destination, { preserveTimestamps: true })
    }
  }
}
