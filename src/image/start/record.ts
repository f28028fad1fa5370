import { cp, lstat, mkdtemp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { RUN_LABEL, removeContainer, withEnvironmentFile } from '../../docker/containers.js'
import type { Context } from '../../docker/context.js'
import { lastLines } from '../../docker/failure.js'
import { TIMED_OUT, type CommandResult } from '../../docker/process-group.js'
import { namesOf } from '../../docker/names.js'
import { seconds, type Milliseconds } from '../../lib/values.js'
import { runBuild } from '../build.js'
import { difference, notesOf, startIn, type Recording, type Records, type Start } from './recording.js'
import { differenceOfFiles, filesWritten, type WrittenFiles } from './written-files.js'

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

/** Longest record that is read. Bytes. */
const LONGEST_RECORD = 4 * 1024 * 1024

/** Folder of docker/start/ in the image. */
const FOLDER = '/opt/crac-start'

interface Run extends Start {
  written: WrittenFiles
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
  // Its value at the checkpoint would be that of `env` again.
  const given = Object.keys(first.environment).find((name) => Object.hasOwn(setting.env, name))
  if (given !== undefined)
    return { problem: `it changes the variable ${given}, which \`env\` sets: leave it out of \`env\`` }
  const second = await runUpToJava(context, { ...setting, image }, command, 2)
  if ('problem' in second) return second
  // What each start makes for itself, such as a key or an id, must not be the same in all containers.
  const other = difference(first, second) ?? differenceOfFiles(first.written, second.written)
  if (other !== undefined) return { problem: `two starts differ in ${other}` }
  return { ...first, notes: notesOf(command, first, [...first.written.keys()]) }
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
    const found = await filesWritten(docker, { name, folder, own: FOLDER })
    if ('problem' in found) return found
    const { written, temporary } = found
    const given = [...start.words, ...Object.values(start.environment), start.workingDirectory]
    if (temporary.some((file) => given.some((text) => text.includes(file))))
      return { problem: 'java needs a file that it writes below /tmp, where nothing is kept' }
    return { ...start, written }
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

/** Returns how a command ended, with its last line. */
function endOf({ exitCode, stdout, stderr }: CommandResult): string {
  const end =
    exitCode === TIMED_OUT ? `was ended after ${seconds(TIMEOUT)}` : `ended with exit code ${exitCode}`
  const line = lastLines(`${stdout}\n${stderr}`, 1).slice(0, 300)
  return line === '' ? end : `${end}: ${line}`
}
