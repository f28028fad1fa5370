import { randomBytes } from 'node:crypto'
import { attempt, run } from './command.js'
import { progressOnStderr } from './progress.js'
import { openRealWorld } from './real-world.js'
import { runStep, type StepResult } from './runner.js'
import { callUntilAnswer, startImage } from './started-image.js'
import { openLab, type World } from './world.js'

// `npm start`: the action on the sample application, from the source to the pushed and started image.
// With --json, stdout is one JSON object and nothing else; with --lab, the lab is used even where the real
// world could be.
const json = process.argv.includes('--json')
const forceLab = process.argv.includes('--lab')

const say = (text: string): void => {
  if (json) console.error(text)
  else console.log(text)
}

const world =
  (forceLab ? undefined : await openRealWorld(progressOnStderr)) ?? (await openLab(progressOnStderr))
try {
  say('\nThe parts of this demonstration:')
  for (const [part, what] of Object.entries(world.parts)) say(`  ${part.padEnd(12)} ${what}`)

  const tag = `${world.registry}/demo/micronaut-hello:crac`
  say(`\nRunning the action: context ${world.context}, tags ${tag}\n`)
  const step = await runAction(world, tag)
  const answer = step.exitCode === 0 ? await callPushed(world, tag, step) : undefined

  if (json) {
    const { metadata = '{}', ...outputs } = step.outputs
    const parsed = JSON.parse(metadata) as { phases?: object[] }
    const ok = step.exitCode === 0 && answer?.restored === true
    const result = {
      ok,
      ...outputs,
      metadata: parsed,
      phases: parsed.phases ?? [],
      answer,
      parts: world.parts
    }
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
  }
  process.exitCode = step.exitCode === 0 && answer?.restored ? 0 : 1
} finally {
  await world.close()
}

async function runAction(world: World, tag: string): Promise<StepResult> {
  const step = await runStep({
    inputs: {
      context: world.context,
      tags: tag,
      push: 'true',
      'base-image': world.baseImage,
      'github-api-url': world.githubApiUrl,
      'github-token': process.env['GITHUB_TOKEN'] ?? ''
    },
    environment: world.environment,
    workspace: process.cwd(),
    toolCache: world.toolCache,
    onOutput: readable(say)
  })
  if (step.exitCode === 0)
    say(`\n--- the job summary ---\n\n${step.summary}\n--- end of the job summary ---\n`)
  return step
}

/** Starts the image that was pushed, by its digest, with the flags that it declares. */
async function callPushed(world: World, tag: string, step: StepResult) {
  const environment = world.environment
  const image = `${tag.replace(/:[^:/]*$/, '')}@${step.outputs['digest']}`
  await run('docker', ['pull', '--quiet', image], { env: environment })
  const started = await startImage({
    environment,
    image,
    name: `lab-demo-${randomBytes(4).toString('hex')}`,
    port: 8080
  })
  try {
    const body = await callUntilAnswer(started)
    const log = await attempt('docker', ['logs', started.name], { env: environment })
    const restored = !log.stderr.includes('starting the application normally')
    say(
      `Started ${image}\nand called it: ${JSON.stringify(body)} (${restored ? 'restored from the snapshot' : 'NOT restored'})`
    )
    return { image, body, restored }
  } finally {
    await run('docker', ['rm', '--force', started.name], { env: environment })
  }
}

/** The step's log as a person reads it: workflow commands become headings, or are left out. */
function readable(say: (line: string) => void): (text: string) => void {
  let pending = ''
  return (text) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      const command = /^::(\w[\w-]*)[^:]*::(.*)$/.exec(line)
      if (!command) {
        if (!/^::[0-9a-f-]{36}::$/.test(line)) say(`    ${line}`)
      } else if (command[1] === 'group') say(`--- ${command[2]}`)
      else if (command[1] === 'error' || command[1] === 'warning') {
        const message = (command[2] ?? '').replaceAll('%0A', '\n    ').replaceAll('%25', '%')
        say(`${command[1].toUpperCase()}: ${message}`)
      }
    }
  }
}
