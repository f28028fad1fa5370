import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ImageFiles } from '../../docker/image-files.js'
import type { ImageConfig } from '../../docker/inspect.js'
import { variablesIn } from '../jvm-variables.js'
import { withoutArgumentFiles } from './argument-files.js'
import { lengthOfInit } from './inits.js'
import type { Recording } from './recording.js'
import {
  commandOfScript,
  commandOfShell,
  endsWithArguments,
  isShellCommand,
  onlyStartsArguments,
  scriptOf
} from './shell.js'
import type { SimpleCommand } from './simple-command.js'

/**
 * Entry script of eclipse-temurin: it imports certificates if USE_SYSTEM_CA_CERTS is set, and then starts its arguments.
 * https://github.com/adoptium/containers
 */
const TEMURIN = '/__cacert_entrypoint.sh'

/** The start command of an image. */
export interface StartCommand {
  /** Words from `java` on; those of the image where they are not understood. */
  words: string[]
  /** What of the command is left out, was replaced or is fixed, and what that means, for the log. */
  notes: string[]
  /** What the command sets and writes before it starts java, where it was run for that. */
  recording?: Recording
  /** Why it is not known what the command starts, as the end of a sentence. */
  problem?: string
}

/** Runs a command of an image up to java, and returns what it does until then, or why that is not known. */
export type RecordStart = (words: readonly string[]) => Promise<Recording | { problem: string }>

/** An image, and what reads its files. */
export interface StartSource {
  config: ImageConfig['Config']
  /** Variables of the container: those of the image, and above them those of the input `env`. */
  variables: Readonly<Record<string, string>>
  /** Returns the text of a file in the image; undefined where it cannot be read. */
  readText: (file: string) => Promise<string | undefined>
  record?: RecordStart | undefined
}

/** Returns the input `command`, or else what the image starts. `env` is the input of this name. */
export async function givenCommand(
  files: ImageFiles,
  config: ImageConfig['Config'],
  { command, env }: { command?: readonly string[] | undefined; env: Readonly<Record<string, string>> },
  record?: RecordStart
): Promise<StartCommand> {
  if (command) return { words: [...command], notes: [] }
  const variables = { ...variablesIn(config.Env ?? []), ...env }
  return await startCommand({
    ...{ config, variables, readText: (file: string) => files.text(file) },
    // ONBUILD would run in the build for the record, and such an image is refused.
    record: config.OnBuild?.length ? undefined : record
  })
}

/**
 * Returns what an image starts, as far as its entry script can replace it. Words that only prepare are left out, and a shell or a script
 * that runs one command is replaced by this command. Any other command is run up to java (docs/image.md).
 */
export async function startCommand(source: StartSource): Promise<StartCommand> {
  const { Entrypoint, Cmd, WorkingDir } = source.config
  const all = Entrypoint?.length ? [...Entrypoint, ...(Cmd ?? [])] : (Cmd ?? [])
  const { words, ...found } = await javaIn(all, source)
  const folder = found.recording?.workingDirectory ?? (WorkingDir || '/')
  const read = async (name: string): Promise<string | undefined> => {
    const file = path.posix.resolve(folder, name)
    const copy = found.recording?.written.get(file)?.copy
    return copy === undefined ? await source.readText(file) : await readFile(copy, 'utf8')
  }
  const [program = '', ...rest] = words
  return isJava(program)
    ? { ...found, words: [program, ...(await withoutArgumentFiles(rest, read))] }
    : { ...found, words }
}

async function javaIn(all: readonly string[], source: StartSource): Promise<StartCommand> {
  let begin = 0
  const prepared: string[] = []
  const notes = (...further: string[]): string[] => {
    const leftOut = all.slice(0, begin).join(' ')
    const first = `${leftOut} is left out of the start command: the entry script of the image starts java.`
    return [...(begin > 0 ? [first] : []), ...prepared, ...further]
  }
  for (;;) {
    const words = all.slice(begin)
    if (words[0] === undefined || isJava(words[0])) return { words, notes: notes() }
    const init = lengthOfInit(words)
    if (init > 0) {
      begin += init
      continue
    }
    if (words[0] === TEMURIN) {
      begin++
      if ((source.variables['USE_SYSTEM_CA_CERTS'] ?? '') !== '')
        prepared.push(
          'USE_SYSTEM_CA_CERTS has no effect: add certificates to the image, and name their store with -Djavax.net.ssl.trustStore.'
        )
      continue
    }
    const script = await scriptIn(words, source)
    if (script !== undefined && onlyStartsArguments(script.text)) {
      begin += words.length - script.parameters.length
      continue
    }
    const simple = isShellCommand(words)
      ? commandOfShell(words, source.variables)
      : script && commandOfScript(script.text, { ...script, variables: source.variables })
    const what = isShellCommand(words) ? 'The command of the shell' : `The command in ${script?.name}`
    if (simple)
      return { words: simple.words, notes: notes(`${what} is started without a shell.${fixed(simple)}`) }

    const recorded = await source.record?.(words)
    if (recorded && !('problem' in recorded)) {
      const { words: java, notes: own } = recorded
      return { words: java, notes: notes(...own, ...notKept(source.config)), recording: recorded }
    }
    // Such a script may have failed because it waits for a server.
    if (script && endsWithArguments(script.text)) {
      begin += words.length - script.parameters.length
      prepared.push(
        `What ${script.name} prepares is not done in the image; if the application needs it, do it with RUN and ENV.`
      )
      continue
    }
    return { words, notes: notes(), ...recorded }
  }
}

function notKept({ Volumes }: ImageConfig['Config']): string[] {
  const volumes = Object.keys(Volumes ?? {}).join(', ')
  return volumes === '' ? [] : [`Files that it writes to a volume of the image are not kept: ${volumes}.`]
}

const isJava = (program: string): boolean => path.posix.basename(program) === 'java'

/** Returns the text of the script that words start; undefined where they start something else. */
async function scriptIn(
  words: readonly string[],
  { config, readText }: StartSource
): Promise<{ text: string; name: string; parameters: string[] } | undefined> {
  const script = scriptOf(words)
  if (script === undefined) return undefined
  const text = await readText(path.posix.resolve(config.WorkingDir || '/', script.file))
  return text?.startsWith('#!') ? { text, name: script.file, parameters: script.parameters } : undefined
}

function fixed({ variables }: SimpleCommand): string {
  if (variables.length === 0) return ''
  const names = variables.map((variable) => `$${variable}`).join(', ')
  return ` ${names} ${variables.length === 1 ? 'has its value' : 'have their values'} of the image and of \`env\`: another value at docker run has no effect on it.`
}
