import path from 'node:path'
import type { Docker } from '../docker/docker.js'
import type { ImageConfig } from '../docker/inspect.js'
import { textOfFiles } from './read-files.js'
import { commandOfScript, simpleCommand } from './simple-command.js'

type Config = ImageConfig['Config']

/** Programs that start the command in their arguments, and do nothing else that the image needs: the entry script replaces them. */
const INITS = new Set(['tini', 'tini-static', 'dumb-init', 'catatonit', 'docker-init', 'exec', 'nice', 'env'])

/**
 * Entry script of eclipse-temurin: it imports certificates if USE_SYSTEM_CA_CERTS is set, and then starts its arguments.
 * https://github.com/adoptium/containers
 */
const TEMURIN = '/__cacert_entrypoint.sh'

/** A script that ends with the command in its arguments, whether or not as another user. */
const STARTS_ARGUMENTS = /^\s*exec\s+(?:(?:gosu|su-exec|setpriv|runuser|chroot)\s[^\n]*)?"\$@"\s*$/m

/** A line with which a script changes the environment or the arguments of the command. */
const CHANGES_COMMAND = /^\s*(?:export\s|set\s+--\s|\.\s|source\s)/m

/** A shell with the option before its command. */
const SHELL = /(?:^|\/)(?:ba|da|a)?sh$/
const COMMAND_OPTION = /^-[eux]*c$/

/** The start command of an image. */
export interface StartCommand {
  /** Words from `java` on; those of the image where they are not understood. */
  words: string[]
  /** What of the command is left out or was replaced, and what that means, for the log. */
  notes: string[]
}

/** The image of a Dockerfile, and what reads its scripts. */
interface StartSource {
  config: Config
  /** Variables of the container: those of the image, and above them those of the input `env`. */
  variables: Readonly<Record<string, string>>
  /** Returns the text of a script in the image; undefined where it has none. */
  readScript: (file: string) => Promise<string | undefined>
}

/**
 * Returns what an image starts, as far as its entry script can replace it: words that only prepare are left out, and a shell or a script
 * that runs one command is replaced by this command.
 */
export async function startCommand(source: StartSource): Promise<StartCommand> {
  const { Entrypoint, Cmd } = source.config
  const all = Entrypoint?.length ? [...Entrypoint, ...(Cmd ?? [])] : (Cmd ?? [])
  const begin = all.findIndex(
    (word, index) =>
      path.posix.basename(word) === 'java' || (SHELL.test(word) && COMMAND_OPTION.test(all[index + 1] ?? ''))
  )
  const prepared = begin > 0 ? await preparation(all.slice(0, begin), source) : { leftOut: 0, notes: [] }
  const words = all.slice(prepared.leftOut)
  const command = await inShell(words, source)
  if (command === undefined) return { words, notes: prepared.notes }
  return { words: command.words, notes: [...prepared.notes, ...command.notes] }
}

/** Returns how many of the words are an init, or a script with its options, behind which the command of the image stands. */
async function preparation(
  words: readonly string[],
  { variables, readScript }: StartSource
): Promise<{ leftOut: number; notes: string[] }> {
  const nothing = { leftOut: 0, notes: [] }
  const notes = [
    `${words.join(' ')} is left out of the start command: the entry script of the image starts java.`
  ]
  for (const word of words) {
    if (word.startsWith('-') || INITS.has(path.posix.basename(word))) continue
    if (word === TEMURIN) {
      if ((variables['USE_SYSTEM_CA_CERTS'] ?? '') !== '')
        notes.push(
          'USE_SYSTEM_CA_CERTS has no effect: add certificates to the image, and name their store with -Djavax.net.ssl.trustStore.'
        )
      continue
    }
    const script = await readScript(word)
    if (script === undefined || !STARTS_ARGUMENTS.test(script) || CHANGES_COMMAND.test(script)) return nothing
    notes.push(
      `What ${word} prepares is not done in the image; if the application needs it, do it with RUN and ENV.`
    )
  }
  return { leftOut: words.length, notes }
}

/** Returns the one command that a shell or a script runs; undefined for other commands, and for what a shell alone can run. */
async function inShell(
  [program = '', ...rest]: readonly string[],
  { config, variables, readScript }: StartSource
): Promise<StartCommand | undefined> {
  if (path.posix.basename(program) === 'java') return undefined
  const isShell = SHELL.test(program)
  const isText = isShell && COMMAND_OPTION.test(rest[0] ?? '')
  const [file, ...others] = isShell ? rest : [program, ...rest]
  if (file === undefined) return undefined
  const text = isText
    ? rest[1]
    : commandOfScript((await readScript(path.posix.resolve(config.WorkingDir || '/', file))) ?? '')
  const [name = program, ...parameters] = isText ? rest.slice(2) : [file, ...others]
  const command = text === undefined ? undefined : simpleCommand(text, { variables, name, parameters })
  if (command === undefined || path.posix.basename(command.words[0] ?? '') !== 'java') return undefined
  const what = isText ? 'The command of the shell' : `The command in ${file}`
  const names = command.variables.map((variable) => `$${variable}`).join(', ')
  const fixed =
    names === ''
      ? ''
      : ` ${names} ${command.variables.length === 1 ? 'has its value' : 'have their values'} of the image and of \`env\`: another value at docker run has no effect on it.`
  return { words: command.words, notes: [`${what} is started without a shell.${fixed}`] }
}

/** Returns the text of a script in an image; undefined where it cannot be read, or is not text. */
export async function scriptIn(
  docker: Docker,
  place: { run: string; image: string },
  file: string
): Promise<string | undefined> {
  if (!file.startsWith('/')) return undefined
  const text = await textOfFiles(docker, place, file)
  return text?.startsWith('#!') ? text : undefined
}
