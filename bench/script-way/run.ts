import path from 'node:path'
import { run } from '../../lab/command.js'
import type { Bench } from '../bench.js'
import { timed } from '../rounds.js'

export interface ScriptRun {
  milliseconds: number
  /** The script's own steps, and how long each took. */
  steps: [name: string, milliseconds: number][]
}

/** Makes an image of the sample application the script way, and pushes it; an error if the script fails. */
export async function runScript(
  { world }: Bench,
  tag: string,
  { environment = world.environment, baseImage = world.baseImage, jdk = world.jdkArchive ?? '' } = {}
): Promise<ScriptRun> {
  const script = path.join(import.meta.dirname, 'make-image.sh')
  let output = ''
  const milliseconds = await timed(() =>
    run(script, [baseImage, jdk, world.context, tag], {
      env: environment,
      onOutput: (text) => (output += text)
    })
  )
  const lines = [...output.matchAll(/^step (\S+) (\d+)$/gm)]
  return { milliseconds, steps: lines.map(([, name = '', time]) => [name, Number(time)]) }
}
