import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { HOME_DIR } from '../lib/image-paths.js'
import { fieldsOf } from '../lib/json.js'
import { textsIn } from './jar.js'
import { isFolder } from './layouts/layout.js'
import { propertiesIn, type Values } from './properties.js'

/** A file with settings of Spring, Micronaut or Quarkus. */
export interface SettingFile {
  /** Name without folders: `application.yml`. */
  name: string
  /** Profile in the name of the file; undefined for one that always counts. */
  profile: string | undefined
  /** A file may have several documents, some of them for a profile. */
  documents: readonly Values[]
}

const NAME = /^application(?:-([\w.-]+))?\.(properties|ya?ml)$/

/** Folders of such files, in a jar or in a folder of classes. */
const FOLDERS = ['', 'config', 'BOOT-INF/classes', 'WEB-INF/classes']

/** Reads the files with settings among the files of the application: in folders, and in jars that are there or in a folder. */
export async function readSettingFiles(sources: Iterable<string>): Promise<SettingFile[]> {
  const found: SettingFile[] = []
  for (const source of sources) {
    const isDirectory = await isFolder(source)
    const jars = isDirectory ? (await namesIn(source)).map((name) => path.join(source, name)) : [source]
    for (const jar of jars.filter((name) => name.endsWith('.jar'))) {
      const texts = await textsIn(jar, isSettingFile).catch(() => new Map<string, string>())
      for (const [name, text] of texts) found.push(settingFile(name, text))
    }
    for (const folder of isDirectory ? FOLDERS : []) {
      for (const name of (await namesIn(path.join(source, folder))).filter((file) => NAME.test(file))) {
        const text = await readFile(path.join(source, folder, name), 'utf8').catch(() => '')
        found.push(settingFile(name, text))
      }
    }
  }
  return found
}

/** Reads those of the input `files` that are where Spring, Micronaut and Quarkus find them beside the application; place → file. */
export async function readFurtherSettings(files: ReadonlyMap<string, string>): Promise<SettingFile[]> {
  const found: SettingFile[] = []
  for (const [place, file] of files) {
    const below = path.posix.relative(HOME_DIR, place)
    if (!isSettingFile(below)) continue
    found.push(settingFile(below, await readFile(file, 'utf8').catch(() => '')))
  }
  return found
}

/** Returns the settings in the text of SPRING_APPLICATION_JSON; none if it is not an object. */
export function settingsInJson(text: string): Values {
  return yamlIn(text)[0] ?? new Map<string, string>()
}

function isSettingFile(name: string): boolean {
  return (
    NAME.test(path.posix.basename(name)) && FOLDERS.includes(path.posix.dirname(name).replace(/^\.$/, ''))
  )
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}

function settingFile(name: string, text: string): SettingFile {
  const base = path.posix.basename(name)
  const [, profile, kind] = NAME.exec(base) ?? []
  return { name: base, profile, documents: kind === 'properties' ? propertiesIn(text) : yamlIn(text) }
}

function yamlIn(text: string): Values[] {
  const documents = parseAllDocuments(text, { logLevel: 'silent' })
  return Array.from(documents).map((document) => {
    const values = new Map<string, string>()
    // A file that is not valid, or that has aliases without an end, has no settings for us.
    if (document.errors.length === 0) {
      try {
        flatten('', document.toJS({ maxAliasCount: 100 }), values)
      } catch {
        values.clear()
      }
    }
    return values
  })
}

function flatten(prefix: string, value: unknown, values: Map<string, string>): void {
  if (Array.isArray(value)) values.set(prefix, value.map(String).join(','))
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(fieldsOf(value)))
      flatten(prefix === '' ? key : `${prefix}.${key}`, inner, values)
  } else if (typeof value === 'string') values.set(prefix, value)
  else if (typeof value === 'number' || typeof value === 'boolean') values.set(prefix, String(value))
}
