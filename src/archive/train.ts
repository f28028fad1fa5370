import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { warmUpOf, type WarmUpInputs, type WarmUpSetting } from '../checkpoint/checkpoint.js'
import { untilApplicationReady } from '../checkpoint/ready.js'
import { servedBy, startApplication, type RunningApplication } from '../checkpoint/started-application.js'
import { warmUp } from '../checkpoint/warm-up.js'
import { removeContainer, type ContainerSpec, type Reach } from '../docker/containers.js'
import { containerSettings, keepIn, type ContainerInputs, type Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { TIMED_OUT } from '../docker/process-group.js'
import { Failure } from '../lib/errors.js'
import { CRAC_DIR, MARKERS, SCRIPTS } from '../lib/image-paths.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { watchLog } from '../probe/log-watch.js'
import { otherPorts } from '../probe/readiness.js'
import type { ArchiveKind, TrainedArchive } from './archive.js'

export interface TrainingInputs extends ContainerInputs, WarmUpInputs {
  archive: 'auto' | 'aot' | 'cds' | 'off'
  javaOptions: string[]
  startupTimeout: Milliseconds
  warmupTimeout: Milliseconds
}

export interface TrainingSetting extends WarmUpSetting {
  reach: Reach
}

/** Folder of the archive in the container. */
const FOLDER = '/tmp/crac-checkpoint-archive'

/** Limit for the JVM to write its archive. */
const DUMP_TIMEOUT: Milliseconds = 120_000

/**
 * Starts the application normally in a fresh container of the checkpoint image, gives it the same warm-up as before the checkpoint,
 * and returns the archive that its JVM then writes. Throws a Failure if there is none.
 */
export async function trainArchive(
  context: Context,
  inputs: TrainingInputs,
  setting: TrainingSetting
): Promise<TrainedArchive> {
  const { docker, clock, log, id } = context
  const names = namesOf(id)
  const name = `${names.container}-training`
  const { readiness, reach } = setting
  const running = {
    ...context,
    keep: keepIn(context, 'archive.log'),
    log: { ...log, untrusted: () => undefined }
  }
  const settings = containerSettings(context, inputs, reach)
  const watch = watchLog(clock, readiness.log)
  const spec: ContainerSpec = {
    ...settings,
    name,
    image: names.image('checkpoint'),
    env: { ...settings.env, CRAC_ARCHIVE_FOLDER: FOLDER },
    otherPorts: otherPorts(readiness),
    flags: ['--no-healthcheck', '--entrypoint', `${CRAC_DIR}/${SCRIPTS.train}`],
    command: [inputs.archive]
  }
  try {
    const application = await startApplication(running, spec, watch.onLine)
    const request = { ...inputs, evidence: context.logs }
    const started = await untilApplicationReady(running, application, {
      ...request,
      readiness,
      target: { docker, spec, address: application.address, log: watch },
      checkpointed: new Promise(() => undefined)
    }).catch(async (error: unknown) => {
      throw (await reported(application)) ?? error
    })
    const serves = 'serves' in started ? started.serves : undefined
    await warmUp(running, servedBy(application, serves), {
      ...request,
      warmUp: await warmUpOf(inputs, setting)
    })
    return await dump(context, application)
  } finally {
    await removeContainer(docker, name)
  }
}

/** Makes the JVM write its archive, and copies that to the runner. */
async function dump({ docker, work }: Context, application: RunningApplication): Promise<TrainedArchive> {
  const { name } = application
  const { exitCode, stdout, stderr } = await docker.attempt(
    ['exec', name, `${CRAC_DIR}/${SCRIPTS.dumpArchive}`],
    { timeout: DUMP_TIMEOUT }
  )
  const kind = new RegExp(`^${MARKERS.archive} (aot|cds)$`, 'm').exec(stdout)?.[1] as ArchiveKind | undefined
  if (exitCode !== 0 || kind === undefined)
    throw await notWritten(application, `${stdout}\n${stderr}`, exitCode)
  const folder = path.join(work, 'archive')
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, `classes.${kind}`)
  await docker.run(['cp', `${name}:${FOLDER}/classes.${kind}`, file])
  return { kind, file, size: (await stat(file)).size }
}

/** Returns the Failure for the reason that train.sh printed before it ended; undefined if there is none. */
async function reported(application: RunningApplication): Promise<Failure | undefined> {
  await application.drained()
  const reason = NO_ARCHIVE.exec(application.output.text())?.[1]
  return reason === undefined ? undefined : trainingFailure(`${reason}.`)
}

const NO_ARCHIVE = /crac-checkpoint: NO-ARCHIVE: (.*)/

/** Lines of a JVM, in the output of its application. */
const OF_JVM = /^\[[^\]]*\](?:\[[^\]]*\])*\s|^(?:OpenJDK|Java HotSpot)\b|^(?:Error|Warning|An error)\b/

/** Lines in which a JVM says why it wrote no archive; the words differ between versions. */
const REASON = /non-empty directory|directory is not empty|not supported|[Ee]rror|[Uu]nable|failed|disabled/

async function notWritten(
  application: RunningApplication,
  output: string,
  exitCode: number
): Promise<Failure> {
  await application.drained()
  const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim())
  const lines = [
    ...linesOf(output),
    ...linesOf(application.output.text()).filter((line) => OF_JVM.test(line))
  ]
  const folder = lines.find((line) => /non-empty directory|directory is not empty/.test(line))
  if (folder !== undefined)
    return trainingFailure(
      `a folder is on the class path, and the JVM archives no classes then (${folder}). Put its content into a jar, or set \`archive: off\`.`
    )
  const reason = NO_ARCHIVE.exec(output)?.[1] ?? lines.find((line) => REASON.test(line))
  const last = lines.filter((line) => line !== '').at(-1)
  const silent =
    exitCode === TIMED_OUT || last === undefined
      ? `it did not write one within ${seconds(DUMP_TIMEOUT)}.`
      : `its last line is: ${last}`
  return trainingFailure(reason ?? silent)
}

function trainingFailure(why: string): Failure {
  return new Failure('jdk', `The JVM wrote no archive of classes: ${why}`, {
    fix: 'Without it a normal start is slower, and all else is the same. Set `archive: off` if you do not want one.'
  })
}
