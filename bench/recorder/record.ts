import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../../lab/command.js'

/** A docker command that was recorded. */
export interface RecordedCommand {
  arguments: string[]
  /** What stood in its `--env-file`; empty where it had none. */
  environmentFile: string
  /** From its start to its end; undefined for one that was ended. */
  milliseconds: number | undefined
}

export interface Recording {
  /** In the order of their start. */
  commands: RecordedCommand[]
  /** Context of the build of the checkpoint image. */
  context: string
}

/** Lets the work run with an environment in which every docker command is noted, and gives them. */
export async function recordDocker(
  folder: string,
  environment: NodeJS.ProcessEnv,
  work: (environment: NodeJS.ProcessEnv) => Promise<unknown>
): Promise<Recording> {
  await mkdir(folder, { recursive: true })
  const docker = await run('which', ['docker'], { env: environment })
  await work({
    ...environment,
    PATH: `${import.meta.dirname}:${environment['PATH']}`,
    RECORDED_DOCKER: docker,
    RECORD_FOLDER: folder
  })
  const names = (await readdir(folder)).filter((name) => name.endsWith('.arguments')).sort()
  const commands = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name)
      const times = await readFile(file.replace(/arguments$/, 'times'), 'utf8').catch(() => '')
      const [begin, end] = times.split(' ').map(Number)
      return {
        arguments: (await readFile(file, 'utf8')).split('\0').slice(0, -1),
        environmentFile: await readFile(file.replace(/arguments$/, 'environment'), 'utf8').catch(() => ''),
        milliseconds: begin && end ? (end - begin) / 1000 : undefined
      }
    })
  )
  return { commands, context: path.join(folder, 'context') }
}
