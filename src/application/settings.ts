import type { Application } from './layouts/layout.js'
import type { Values } from './properties.js'
import { readFurtherSettings, readSettingFiles, settingsInJson, type SettingFile } from './setting-files.js'

/** Places from which a framework takes its settings: inputs of the action, and the files of the application. */
export interface SettingSources {
  application: Application
  javaOptions: readonly string[]
  arguments: readonly string[]
  env: Readonly<Record<string, string>>
}

/** Value of a setting, and where it is: `application.yml`, `the environment`. */
export interface Setting {
  value: string
  place: string
}

/** Returns a setting such as `management.server.port`; undefined where it is not set, or not known here. */
export type Settings = (key: string) => Setting | undefined

type SettingMap = ReadonlyMap<string, Setting>

/** Settings that name the active profiles of Spring, Micronaut and Quarkus. */
const PROFILES = ['spring.profiles.active', 'micronaut.environments', 'quarkus.profile']

/** Settings that make a document of a file count in some profiles only. */
const CONDITIONS = ['spring.config.activate.on-profile', 'spring.profiles']

/** Placeholders may refer to each other: more than this is a circle. */
const MOST_PLACEHOLDERS = 10

/**
 * Reads the settings as Spring, Micronaut and Quarkus do: arguments and system properties, then environment variables, then the
 * files `application.properties` and `application.yml` among the classes and in the input `files`, with those of the active profiles.
 */
export async function readSettings({
  application,
  javaOptions,
  arguments: words,
  env
}: SettingSources): Promise<Settings> {
  const given = givenSettings([...application.command, ...javaOptions], words)
  const json = settingsInJson(env['SPRING_APPLICATION_JSON'] ?? '')
  const fromEnvironment: Settings = (key) => {
    // Spring leaves out dashes, the others make underscores of them.
    const names = [
      key,
      ...[key.replaceAll('-', ''), key].map((name) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_'))
    ]
    const value = json.get(key) ?? names.map((name) => env[name]).find((given) => given !== undefined)
    return value === undefined ? undefined : { value, place: 'the environment' }
  }
  const files = [
    ...(await readSettingFiles(application.classes.keys())),
    ...(await readFurtherSettings(application.files))
  ]
  const always = files.filter(({ profile }) => profile === undefined)
  const unconditional = merged(always, (condition) => condition === undefined)
  const profiles = new Set(
    PROFILES.flatMap((key) =>
      listed((given.get(key) ?? fromEnvironment(key) ?? unconditional.get(key))?.value ?? '')
    )
  )
  const active = files.filter(({ profile }) => profile !== undefined && profiles.has(profile))
  const inFiles = merged(
    [...always, ...active],
    (condition) => condition?.some((profile) => profiles.has(profile)) ?? true
  )
  // Quarkus has the profile in the key, and runs in `prod` unless another one is set.
  const quarkus = (given.get('quarkus.profile') ?? fromEnvironment('quarkus.profile'))?.value ?? 'prod'
  const settingOf: Settings = (key) =>
    given.get(key) ?? fromEnvironment(key) ?? inFiles.get(`%${quarkus}.${key}`) ?? inFiles.get(key)
  return (key) => resolved(settingOf(key), settingOf)
}

/** Returns the system properties among options of the JVM, and the settings among arguments: `--server.port=8081`. */
function givenSettings(options: readonly string[], words: readonly string[]): SettingMap {
  const pairs = (texts: readonly string[], pattern: RegExp, place: string): [string, Setting][] =>
    texts.flatMap((text) => {
      const [, key, value = ''] = pattern.exec(text) ?? []
      return key === undefined ? [] : [[key, { value, place }]]
    })
  return new Map([
    ...pairs(options, /^-D([^=]+)=(.*)$/, 'the options of the JVM'),
    ...pairs(words, /^--?([\w.-]+)=(.*)$/, 'the arguments')
  ])
}

/** Returns the profiles in which a document counts; undefined for one that always counts. */
function conditionOf(document: Values): string[] | undefined {
  const condition = CONDITIONS.map((key) => document.get(key)).find((value) => value !== undefined)
  return condition === undefined ? undefined : listed(condition)
}

function listed(value: string): string[] {
  return value.split(/(?<!\s)\s*,\s*/)
}

/** Returns the settings of the documents that count by their condition; of equal names, the last one. */
function merged(
  files: readonly SettingFile[],
  counts: (condition: string[] | undefined) => boolean
): SettingMap {
  const settings = new Map<string, Setting>()
  for (const { name, documents } of files)
    for (const document of documents.filter((one) => counts(conditionOf(one))))
      for (const [key, value] of document) settings.set(key, { value, place: name })
  return settings
}

/** Replaces placeholders such as `${MANAGEMENT_PORT:8081}`; returns undefined for a value that depends on something unknown. */
function resolved(setting: Setting | undefined, settingOf: Settings): Setting | undefined {
  let text = setting?.value
  for (let count = 0; setting && text !== undefined && count < MOST_PLACEHOLDERS; count++) {
    const [whole, name = '', byDefault] = /\$\{([^${}:]+)(?::([^${}]*))?\}/.exec(text) ?? []
    if (whole === undefined) return { ...setting, value: text }
    const replacement = settingOf(name)?.value ?? byDefault
    text = replacement === undefined ? undefined : text.replace(whole, () => replacement)
  }
  return undefined
}
