import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Manifest } from '../jar.js'
import { propertiesIn, type Values } from '../properties.js'
import { isFile, isFolder, type LaunchSettings } from './layout.js'

/** What the launcher in the manifest of a Spring Boot jar would run. */
interface Loader {
  mainClass: string
  /** Files and folders of `loader.path` beside the jar. Absolute path on the runner → path below /app. */
  files: [source: string, target: string][]
  /** Entries of the class path for them, relative to /app or absolute. */
  entries: string[]
  /** Sentences on what the settings name, and the image does not have. */
  leftOut: string[]
}

interface Surroundings extends LaunchSettings {
  /** Path of the jar. */
  location: string
  /** Folders in the unpacked jar that may have loader.properties, in the order of the launcher. */
  inJar: readonly string[]
}

/**
 * Returns what the launcher in the manifest runs. PropertiesLauncher takes another main class from `loader.main`, and further
 * files of the class path from `loader.path`: each a property of the system, a variable of the environment, a line of
 * loader.properties, or an attribute of the manifest. https://docs.spring.io/spring-boot/specification/executable-jar/property-launcher.html
 */
export async function loaderSettings(manifest: Manifest, around: Surroundings): Promise<Loader> {
  const start = manifest.startClass ?? ''
  if (!/PropertiesLauncher$/.test(manifest.mainClass ?? ''))
    return { mainClass: start, files: [], entries: [], leftOut: [] }
  const { location, inJar, javaOptions, env } = around
  const beside = path.dirname(location)
  const properties = await settingsIn(beside, ...inJar)
  const setting = (name: string): string | undefined =>
    javaOptions.find((option) => option.startsWith(`-D${name}=`))?.slice(name.length + 3) ??
    env[name.toUpperCase().replace('.', '_')] ??
    env[name] ??
    properties.get(name)
  const files: Loader['files'] = []
  const entries: string[] = []
  const missing: string[] = []
  for (const given of (setting('loader.path') ?? manifest.loaderPath ?? '').split(',')) {
    const entry = path.posix.normalize(given.trim().replace(/\/\*$/, '')).replace(/\/$/, '')
    if (given.trim() === '' || entry === '.' || entry.startsWith('..')) continue
    if (path.isAbsolute(entry)) {
      // A place of the base image.
      entries.push(/\.(?:jar|zip)$/.test(entry) ? entry : `${entry}/*`)
      continue
    }
    const source = path.join(beside, entry)
    if (await isFile(source)) entries.push(entry)
    else if (await isFolder(source)) entries.push(...(await entriesOf(source, entry)))
    else {
      // The libraries in the jar are on the class path in any case.
      if (!/^(?:BOOT|WEB)-INF\b/.test(entry)) missing.push(given.trim())
      continue
    }
    files.push([source, entry])
  }
  const leftOut = [
    ...(missing.length > 0
      ? [`loader.path names files that are not beside ${path.basename(location)}: ${missing.join(', ')}.`]
      : []),
    // Arguments may be secrets.
    ...(setting('loader.args') === undefined
      ? []
      : ['The arguments of loader.args are left out; set them in the input `arguments`.'])
  ]
  return { mainClass: setting('loader.main') ?? start, files, entries, leftOut }
}

/** Returns the archives in a folder, and before them the folder itself if it has other files too. */
async function entriesOf(folder: string, target: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(path.relative(folder, entry.parentPath), entry.name))
  const archives = names.filter((name) => /\.(?:jar|zip)$/.test(name)).sort()
  return [
    ...(archives.length < names.length ? [target] : []),
    ...archives.map((name) => path.posix.join(target, name))
  ]
}

/** Returns the settings of the first loader.properties in the folders. */
async function settingsIn(...folders: string[]): Promise<Values> {
  for (const folder of folders) {
    const content = await readFile(path.join(folder, 'loader.properties'), 'utf8').catch(() => undefined)
    if (content !== undefined) return new Map(propertiesIn(content).flatMap((document) => [...document]))
  }
  return new Map()
}
