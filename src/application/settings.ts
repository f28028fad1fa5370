import type { Application } from './layouts/layout.js'
import { readSettingFiles, type Values } from './setting-files.js'

/** Places from which a framework takes its settings: inputs of the action, and the files of the application. */
export interface SettingSources {
  application: Application
  javaOptions: readonly string[]
  arguments: readonly string[]
  env: Readonly<Record<string, string>>
}

/** Returns the value of a setting such as `management.server.port`; undefined where it is not set, or not known here. */
export type Settings = (key: string) => string | undefined

/** Settings that name the active profiles of Spring, Micronaut and Quarkus. */
const PROFILES = ['spring.profiles.active', 'micronaut.environments', 'quarkus.profile']

/** Settings that make a document of a file count in some profiles only. */
const CONDITIONS = ['spring.config.activate.on-profile', 'spring.profiles']

/** Placeholders may refer to each other: more than this is a circle. */
const MOST_PLACEHOLDERS = 10

/**
 * Reads the settings as Spring, Micronaut and Quarkus do: arguments and system properties, then environment variables, then the
 * files `application.properties` and `application.yml` among the classes, with those of the active profiles.
 */
export async function readSettings({
  application,
  javaOptions,
  arguments: words,
  env
}: SettingSources): Promise<Settings> {
  const given = givenValues([...application.command, ...javaOptions], words)
  const fromEnvironment: Settings = (key) => env[key] ?? env[key.toUpperCase().replace(/[^A-Z0-9]/g, '_')]
  const files = await readSettingFiles(application.classes.keys())
  const always = files.filter(({ profile }) => profile === undefined).flatMap(({ documents }) => documents)
  const unconditional = merged(always.filter((document) => conditionOf(document) === undefined))
  const profiles = new Set(
    PROFILES.flatMap((key) =>
      (given.get(key) ?? fromEnvironment(key) ?? unconditional.get(key) ?? '').split(/(?<!\s)\s*,\s*/)
    )
  )
  const inFiles = merged(
    [
      ...always,
      ...files.flatMap(({ profile, documents }) =>
        profile !== undefined && profiles.has(profile) ? documents : []
      )
    ].filter((document) => conditionOf(document)?.some((profile) => profiles.has(profile)) ?? true)
  )
  // Quarkus has the profile in the key, and runs in `prod` unless another one is set.
  const quarkus = given.get('quarkus.profile') ?? fromEnvironment('quarkus.profile') ?? 'prod'
  const valueOf: Settings = (key) =>
    given.get(key) ?? fromEnvironment(key) ?? inFiles.get(`%${quarkus}.${key}`) ?? inFiles.get(key)
  return (key) => resolved(valueOf(key), valueOf)
}

/** Returns the system properties among options of the JVM, and the settings among arguments: `--server.port=8081`. */
function givenValues(options: readonly string[], words: readonly string[]): Values {
  const pairs = (texts: readonly string[], pattern: RegExp): [string, string][] =>
    texts.flatMap((text) => {
      const [, key, value = ''] = pattern.exec(text) ?? []
      return key === undefined ? [] : [[key, value]]
    })
  return new Map([...pairs(options, /^-D([^=]+)=(.*)$/), ...pairs(words, /^--?([\w.-]+)=(.*)$/)])
}

function conditionOf(document: Values): string[] | undefined {
  const condition = CONDITIONS.map((key) => document.get(key)).find((value) => value !== undefined)
  return condition?.split(/(?<!\s)\s*,\s*/)
}

function merged(documents: readonly Values[]): Values {
  return new Map(documents.flatMap((document) => [...document]))
}

/** Replaces placeholders such as `${MANAGEMENT_PORT:8081}`; returns undefined for a value that depends on something unknown. */
function resolved(value: string | undefined, valueOf: Settings): string | undefined {
  let text = value
  for (let count = 0; text !== undefined && count < MOST_PLACEHOLDERS; count++) {
    const [whole, name = '', byDefault] = /\$\{([^${}:]+)(?::([^${}]*))?\}/.exec(text) ?? []
    if (whole === undefined) return text
    const replacement = valueOf(name) ?? byDefault
    text = replacement === undefined ? undefined : text.replace(whole, () => replacement)
  }
  return undefined
}
