import { cp, lstat, mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { RUN_LABEL, removeContainer, withEnvironmentFile } from '../../docker/containers.js'
import type { Context } from '../../docker/context.js'
import { lastLines } from '../../docker/failure.js'
import { TIMED_OUT, type CommandResult } from '../../docker/process-group.js'
import { namesOf } from '../../docker/names.js'
import { seconds, type Milliseconds } from '../../lib/values.js'
import { runBuild } from '../build.js'
import { difference, notesOf, startIn, type Recording, type Records, type Start } from './recording.js'

export interface RecordSetting {
  /** Image with the start command; a shell has to be in it. */
  image: string
  /** `uid:gid` of the application. */
  user: string
  /** Variables of the input `env`. */
  env: Readonly<Record<string, string>>
  dockerFolder: string
}

type RecordContext = Pick<Context, 'docker' | 'id' | 'work'>

/** Time in which a start command has to reach java. */
const TIMEOUT: Milliseconds = 30_000

/** Memory of the container: what calculates sizes from it gets the same on every machine. */
const MEMORY = '1g'

/** Most files that a start command may write. */
const MOST_FILES = 200

/** Longest record that is read. Bytes. */
const LONGEST_RECORD = 4 * 1024 * 1024

/** Folder of docker/start/ in the image. */
const FOLDER = '/opt/crac-start'

/** Folders in which files come and go. */
const ALWAYS_CHANGED = new Set(['/tmp', '/var/tmp', '/run', '/dev'])

interface Run extends Start {
  written: ReadonlyMap<string, string>
}

/**
 * Runs a start command twice, up to java, in containers without a network and without capabilities, as the user of the application: it
 * can change nothing but its container. Returns what it does before it starts java, or why that is not known: it fails, or does not do
 * the same each time.
 */
export async function recordStart(
  context: RecordContext,
  setting: RecordSetting,
  command: readonly string[]
): Promise<Recording | { problem: string }> {
  const { docker, id, work } = context
  const image = namesOf(id).image('start')
  const folder = await mkdtemp(path.join(work, 'start-'))
  await cp(path.join(setting.dockerFolder, 'start'), folder, { recursive: true })
  const options = ['--build-arg', `IMAGE=${setting.image}`, '--build-arg', `OWNER=${setting.user}`]
  const build = ['build', '--tag', image, '--force-rm', ...options, '--', folder]
  const built = await runBuild(docker, build, {})
  if (built.exitCode !== 0)
    return {
      problem: `it could not be run: a shell with \`find\` is needed for that, and the build of docker/start ${endOf(built)}`
    }
  const first = await runUpToJava(context, { ...setting, image }, command, 1)
  if ('problem' in first) return first
  const second = await runUpToJava(context, { ...setting, image }, command, 2)
  if ('problem' in second) return second
  const files = [...first.written.keys()]
  const other =
    difference(first, second) ??
    (files.join('\0') === [...second.written.keys()].join('\0') ? undefined : 'the files that it writes')
  if (other !== undefined) return { problem: `${other} of one start are not those of the next` }
  return { ...first, notes: notesOf(command, first, files) }
}

async function runUpToJava(
  { docker, id, work }: RecordContext,
  { image, user, env }: RecordSetting,
  command: readonly string[],
  round: number
): Promise<Run | { problem: string }> {
  const name = `${namesOf(id).container}-start-${round}`
  const folder = await mkdtemp(path.join(work, 'start-'))
  try {
    await withEnvironmentFile(path.join(work, `${name}.env`), env, (file) =>
      docker.run([
        ...['create', '--name', name, '--label', `${RUN_LABEL}=${id}`, '--hostname', `start-${round}`],
        ...[
          '--network',
          'none',
          '--cap-drop',
          'ALL',
          '--security-opt',
          'no-new-privileges',
          '--memory',
          MEMORY
        ],
        ...['--no-healthcheck', '--user', user, '--env-file', file, '--entrypoint', '/bin/sh'],
        ...['--', image, `${FOLDER}/before.sh`, ...command]
      ])
    )
    const ended = await docker.attempt(['start', '--attach', name], { timeout: TIMEOUT })
    await docker.run(['cp', `${name}:${FOLDER}/record`, folder])
    const records = await readRecords(path.join(folder, 'record'))
    if (records === undefined) return { problem: 'it changes its own record' }
    const start = startIn(records)
    if ('problem' in start)
      return records.has('java.status') || records.has('no-version')
        ? start
        : { problem: `${start.problem}; without a network it ${endOf(ended)}` }
    const written = await filesWritten({ docker, name, folder })
    return 'problem' in written ? written : { ...start, written }
  } finally {
    await removeContainer(docker, name)
  }
}

/** Returns the files of a folder that a container has written; undefined where one of them is a link or too long. */
async function readRecords(folder: string): Promise<Records | undefined> {
  const records = new Map<string, string>()
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (!entry.isFile() || (await lstat(file)).size > LONGEST_RECORD) return undefined
    records.set(entry.name, await readFile(file, 'utf8'))
  }
  return records
}

/** Copies the files that a container has added or changed, parent folders first. */
async function filesWritten({
  docker,
  name,
  folder
}: Pick<RecordContext, 'docker'> & { name: string; folder: string }): Promise<
  Run['written'] | { problem: string }
> {
  const changes = (await docker.run(['diff', name])).split('\n').flatMap((line) => {
    const [, kind = '', file = ''] = /^([ACD]) (.*)$/.exec(line) ?? []
    return file === '' || `${file}/`.startsWith(`${FOLDER}/`) ? [] : [{ kind, file }]
  })
  const written = new Map<string, string>()
  const removed = changes.find(({ kind }) => kind === 'D')
  if (removed) return { problem: `it removes ${removed.file}` }
  for (const { kind, file } of changes.sort((a, b) => (a.file < b.file ? -1 : 1))) {
    const isParent = changes.some((other) => other.file.startsWith(`${file}/`))
    if (kind === 'C' && (isParent || ALWAYS_CHANGED.has(file) || FOLDER.startsWith(`${file}/`))) continue
    if (!/^[\w./@%+=:,~ -]+$/.test(file)) return { problem: 'it writes a file with an unusual name' }
    if (written.size === MOST_FILES) return { problem: `it writes more than ${MOST_FILES} files` }
    const copy = path.join(folder, `f${written.size}`)
    if (isParent) await mkdir(copy)
    else {
      await docker.run(['cp', `${name}:${file}`, copy])
      const copied = await lstat(copy)
      // A folder in which files were only deleted again.
      if (copied.isDirectory() && kind === 'C') continue
      if (!copied.isFile() && !copied.isDirectory())
        return { problem: `it writes ${file}, which is not a file` }
    }
    written.set(file, copy)
  }
  return written
}

/** Returns how a command ended, with its last line. */
function endOf({ exitCode, stdout, stderr }: CommandResult): string {
  const end =
    exitCode === TIMED_OUT ? `was ended after ${seconds(TIMEOUT)}` : `ended with exit code ${exitCode}`
  const line = lastLines(`${stdout}\n${stderr}`, 1).slice(0, 300)
  return line === '' ? end : `${end}: ${line}`
}
