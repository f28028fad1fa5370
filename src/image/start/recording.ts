import path from 'node:path'
import type { ImageConfig } from '../../docker/inspect.js'
import { JAVA_LINK } from '../../lib/image-paths.js'
import { variablesIn } from '../jvm-variables.js'
import type { WrittenFiles } from './written-files.js'

/** What a start command does before it starts java. */
export interface Recording {
  /** Path of java in the image, or `java`, and its arguments. */
  words: string[]
  /** Variables that it sets, besides those that the finished image sets itself. */
  environment: Record<string, string>
  workingDirectory: string
  /** Files that it writes. */
  written: WrittenFiles
  /** Sentences for the log. */
  notes: string[]
}

/** Files that docker/start/ has written: their names, such as `java.environ`, and their texts. */
export type Records = ReadonlyMap<string, string>

/** Start of java, as one run has recorded it. */
export type Start = Pick<Recording, 'words' | 'environment' | 'workingDirectory'>

/** Folder that the container of a recording has in PATH, and the finished image too. */
const JAVA_BIN = `${JAVA_LINK}/bin`

/** Variables of a shell for itself, and the one that the finished image sets. */
const NOT_KEPT = new Set(['_', 'PWD', 'OLDPWD', 'SHLVL', 'JAVA_HOME'])

/** Fields of /proc/PID/status that java would inherit, and a name for each. */
const STATE: Record<string, string> = {
  Umask: 'umask',
  Uid: 'the user',
  Gid: 'the group',
  Groups: 'the groups',
  SigIgn: 'the ignored signals',
  NoNewPrivs: 'no_new_privs'
}

/**
 * Returns how java was started, from the records of one run; a problem, as the end of a sentence, where java was not started, or in a way
 * that an image cannot have.
 */
export function startIn(records: Records): Start | { problem: string } {
  const text = (name: string): string => records.get(name) ?? ''
  if (records.has('no-version')) return { problem: 'it asks java for its version, and the image has no Java' }
  if (!records.has('java.status')) return { problem: 'it did not start java' }
  if (records.has('again')) return { problem: 'it starts java more than once' }
  const process = (name: string): string => text(`${name}.stat`).split(' ', 1)[0] ?? ''
  if (process('java') !== process('before'))
    return { problem: 'it starts java as a child, not with exec, and may go on after its end' }
  const changed = changedState(text)
  if (changed !== undefined) return { problem: `it changes ${changed}` }
  // A script gets its interpreter and its own path in front.
  const [, program = '', ...words] = text('java.cmdline').split('\0').slice(0, -1)
  const before = variablesOf(text('before.environ'))
  const after = variablesOf(text('java.environ'))
  const gone = Object.keys(before).find((name) => isName(name) && !(name in after))
  if (gone !== undefined) return { problem: `it removes the variable ${gone}` }
  const environment: Record<string, string> = {}
  const homes = homesOf(program, text('java.original').replace(/\n$/, ''))
  for (const [name, value] of Object.entries(after)) {
    const kept = withoutJava(name, value, homes)
    const was = before[name] === undefined ? undefined : withoutJava(name, before[name], homes)
    if (NOT_KEPT.has(name) || kept === was || (kept === '' && value !== '')) continue
    if (name === 'HOME') return { problem: 'it changes the variable HOME' }
    if (/[\0\n\r]/.test(value)) return { problem: `it sets the variable ${name} to several lines` }
    environment[name] = kept
  }
  const java = path.posix.dirname(program) === JAVA_BIN ? 'java' : program
  return { words: [java, ...words], environment, workingDirectory: text('java.folder').replace(/\n$/, '') }
}

/** Returns the name of something that is not the same in two runs, such as a process id in an option; undefined where all is the same. */
export function difference(one: Start, other: Start): string | undefined {
  if (one.words.join('\0') !== other.words.join('\0')) return 'the arguments of java'
  if (one.workingDirectory !== other.workingDirectory) return 'the working folder'
  const names = new Set([...Object.keys(one.environment), ...Object.keys(other.environment)])
  const name = [...names].find((name) => one.environment[name] !== other.environment[name])
  return name === undefined ? undefined : `the variable ${name}`
}

/** Options of the JVM that depend on the memory or the processors of a machine. */
const SIZES = /(?<=^|\s)-(?:X(?:mx|ms|ss)|XX:(?:Max|Min|Initial|Reserved|ActiveProcessor)\w*=)\S*/g

/** Returns the sentences for the log about a start. */
export function notesOf(
  command: readonly string[],
  { words, environment }: Start,
  written: readonly string[]
): string[] {
  const name = command[0] ?? ''
  const names = Object.keys(environment).sort()
  const sizesIn = (texts: readonly string[]): string =>
    texts.flatMap((text) => text.match(SIZES) ?? []).join(' ')
  const early = sizesIn([environment['JAVA_TOOL_OPTIONS'] ?? '', environment['JDK_JAVA_OPTIONS'] ?? ''])
  const late = sizesIn(words)
  return [
    `${name} was run up to java, without a network and with 1 GB of memory: what it found out is fixed in the image. Another value of a variable at docker run has no effect on it.`,
    ...(names.length > 0 ? [`It sets these variables, and the image has them: ${names.join(', ')}.`] : []),
    ...(early !== ''
      ? [`Sizes in its variables are fixed, too: ${early}. \`java-options\` can set others.`]
      : []),
    ...(late !== ''
      ? [
          `Sizes in its options are fixed, too: ${late}. They win over \`java-options\`; \`command\` can set others.`
        ]
      : []),
    ...(written.length > 0 ? [`It writes these files, and the image has them: ${written.join(', ')}.`] : [])
  ]
}

function changedState(text: (name: string) => string): string | undefined {
  const status = (name: string): Map<string, string> =>
    new Map(
      text(`${name}.status`)
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
    )
  const [before, after] = [status('before'), status('java')]
  for (const [field, name] of Object.entries(STATE)) if (before.get(field) !== after.get(field)) return name
  if (text('before.limits') !== text('java.limits')) return 'a limit of the process (ulimit)'
  if (text('before.streams') !== text('java.streams')) return 'the standard streams, or opens files'
  // The name of the process, between brackets, is followed by the fields from the third one on; nice is the 19th.
  const nice = (name: string): string | undefined =>
    text(`${name}.stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[16]
  return nice('before') === nice('java') ? undefined : 'the priority (nice)'
}

const variablesOf = (environ: string): Record<string, string> =>
  variablesIn(environ.split('\0').filter((entry) => entry.includes('=')))

/** Returns whether a shell passes on a variable of this name, and an image keeps it if it is removed. Launchers of buildpacks remove their own. */
const isName = (name: string): boolean => /^(?!CNB_)[A-Za-z_]\w*$/.test(name) && !NOT_KEPT.has(name)

/** Returns the homes of the Java that is replaced: as it is started, and behind all links. A folder of the system is not one of them. */
const homesOf = (...programs: string[]): string[] =>
  programs
    .map((program) => path.posix.dirname(path.posix.dirname(program)))
    .filter((home) => !/^(?:\.|\/|\/usr|\/usr\/local)$/.test(home))

/** Returns a list of folders without those of the Java that is replaced: another JDK must not load its libraries. */
function withoutJava(name: string, value: string, homes: readonly string[]): string {
  if (name !== 'PATH' && name !== 'LD_LIBRARY_PATH') return value
  const isOurs = (folder: string): boolean =>
    name === 'PATH' ? folder === JAVA_BIN : homes.some((home) => `${folder}/`.startsWith(`${home}/`))
  return value
    .split(':')
    .filter((folder) => !isOurs(folder))
    .join(':')
}

/** Returns the configuration of an image with what its start command sets. */
export function withRecording(
  config: ImageConfig['Config'],
  recording: Recording | undefined
): ImageConfig['Config'] {
  if (recording === undefined) return config
  const { environment, workingDirectory } = recording
  const added = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  return { ...config, Env: [...(config.Env ?? []), ...added], WorkingDir: workingDirectory }
}
