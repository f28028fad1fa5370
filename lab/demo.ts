import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { textOf } from '../src/report/text.js'
import { attempt, run } from './command.js'
import { labHome } from './home.js'
import { openWorld } from './open-world.js'
import { progressOnStderr } from './progress.js'
import { runStep, type StepResult } from './runner.js'
import { callUntilAnswer, DECLARED_FLAGS, startImage } from './started-image.js'
import { LogReader } from './workflow-commands.js'
import type { World } from './world.js'

// `npm start`: the action on the sample application, from the source to the pushed and started image.
// With --json, stdout is one JSON object and nothing else; with --lab, the lab is used even where the real
// world could be.
const json = process.argv.includes('--json')

const say = (text: string): void => {
  if (json) console.error(text)
  else console.log(text)
}

try {
  const world = await openWorld(process.argv, progressOnStderr)
  try {
    process.exitCode = (await demonstrate(world)) ? 0 : 1
  } finally {
    await world.close()
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function demonstrate(world: World): Promise<boolean> {
  say('\nThe parts of this demonstration:')
  for (const [part, what] of Object.entries(world.parts)) say(`  ${part.padEnd(12)} ${what}`)

  const tag = `${world.registry}/demo/micronaut-hello:crac`
  say(`\nRunning the action: context ${world.context}, tags ${tag}\n`)
  const step = await runAction(world, tag)
  const answer = step.exitCode === 0 ? await callPushed(world, tag, step) : undefined
  const ok = answer !== undefined
  if (json) {
    const { metadata = '{}', ...outputs } = step.outputs
    const parsed = JSON.parse(metadata) as { phases?: object[] }
    const result = {
      ok,
      ...outputs,
      // The folder is gone when the demonstration ends.
      logs: undefined,
      metadata: parsed,
      phases: parsed.phases ?? [],
      answer,
      parts: world.parts
    }
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
  }
  return ok
}

async function runAction(world: World, tag: string): Promise<StepResult> {
  const step = await runStep({
    inputs: { ...world.inputs, context: world.context, tags: tag, push: 'true' },
    environment: world.environment,
    workspace: world.context,
    toolCache: world.toolCache,
    onOutput: readable(say)
  })
  if (step.exitCode === 0) {
    const file = path.join(labHome(), 'demo-summary.md')
    await writeFile(file, step.summary)
    say(`\n--- the job summary, without its charts and folded parts; the whole is ${file} ---\n`)
    say(`${textOf(step.summary)}\n\n--- end of the job summary ---\n`)
  }
  return step
}

/** Starts the image that was pushed, by its digest and with the flags that it declares, and calls it. */
async function callPushed(
  world: World,
  tag: string,
  step: StepResult
): Promise<{ image: string; body: string }> {
  const env = world.environment
  const image = `${tag.replace(/:[^:/]*$/, '')}@${step.outputs['digest']}`
  const name = `lab-demo-${randomBytes(4).toString('hex')}`
  // Without the fallback: what answers was restored.
  const flags = [...DECLARED_FLAGS, '--env', 'CRAC_ON_RESTORE_FAILURE=exit']
  await run('docker', ['pull', '--quiet', image], { env })
  try {
    const body = await callUntilAnswer(await startImage({ environment: env, image, name, port: 8080, flags }))
    say(`Started ${image}\nand called it; the restored application answered: ${JSON.stringify(body)}`)
    say(byHand(world))
    return { image, body }
  } finally {
    await attempt('docker', ['rm', '--force', name], { env })
  }
}

/** How to go on from here: the lab's engine is not the one that `docker` finds by itself. */
function byHand({ environment, baseImage, jdkArchive }: World): string {
  const host = environment['DOCKER_HOST']
  const ownEngine = host !== process.env['DOCKER_HOST']
  const home = process.env['LAB_HOME'] === undefined ? '' : `LAB_HOME=${labHome()} `
  const jdk = jdkArchive === undefined ? [] : [`--distribution file --jdk-file ${jdkArchive}`]
  const build = [
    'node dist/cli.cjs build --context FOLDER --tags hello:crac',
    `--base-image ${baseImage}`,
    ...jdk
  ]
  return [
    '',
    'That container is removed again; the image is still there. To start one yourself:',
    ...(ownEngine ? [`    export DOCKER_HOST=${host}`] : []),
    '    (the commands under "Start the image" above)',
    '    curl http://localhost:8080/          in another terminal',
    'An image of an application of your own:',
    `    ${build.join(' ')}`,
    ...(ownEngine
      ? ['The end of the engine and the registry of the lab:', `    ${home}npm run lab:stop`]
      : [])
  ].join('\n')
}

/** The step's log as a person reads it: groups become headings, annotations are marked. */
function readable(say: (line: string) => void): (text: string) => void {
  const reader = new LogReader()
  let pending = ''
  return (text) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines.map((text) => reader.read(text))) {
      if (line?.kind === 'text') say(`    ${line.text}`)
      else if (line?.name === 'group') say(`--- ${line.message}`)
      else if (line?.name === 'error' || line?.name === 'warning') {
        say(`${line.name.toUpperCase()}: ${line.message.replaceAll('\n', '\n    ')}`)
      }
    }
  }
}
