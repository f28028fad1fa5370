import type { Clock } from '../clock.js'
import { diagnose } from '../diagnosis/diagnose.js'
import { lastLines, TIMED_OUT, type CommandResult, type Engine } from '../engine/docker.js'
import { Failure } from '../errors.js'
import { seconds, type Milliseconds } from '../values.js'
import { published } from './published.js'
import type { Reference } from './reference.js'

export interface Pushed {
  /** `sha256:...`, as the registry named it: the same for every tag. */
  digest: string
}

/**
 * Gives the verified image its tags on this machine. Tags that pointed elsewhere point there again after
 * `undo`.
 */
export async function tagImage(
  engine: Engine,
  image: string,
  tags: readonly Reference[]
): Promise<{ undo: () => Promise<void> }> {
  const previous: [Reference, string | undefined][] = []
  for (const tag of tags) {
    const before = await engine.attempt(['image', 'inspect', '--format', '{{.Id}}', '--', tag.text])
    previous.push([tag, before.exitCode === 0 ? before.stdout.trim() : undefined])
    await engine.run(['tag', image, tag.text])
  }
  return {
    undo: async () => {
      // A push that worked has left a name by digest too.
      const names = await engine.attempt([
        'image',
        'inspect',
        '--format',
        '{{join .RepoDigests " "}}',
        '--',
        image
      ])
      for (const name of names.stdout.trim().split(' ').filter(Boolean))
        await engine.attempt(['image', 'rm', '--', name])
      for (const [tag, id] of previous) {
        await engine.attempt(id ? ['tag', id, tag.text] : ['image', 'rm', '--', tag.text])
      }
    }
  }
}

export interface PushWorld {
  engine: Engine
  clock: Clock
  info: (line: string) => void
  /** Of the engine's own output. */
  onLine: (line: string) => void
}

/** What can pass by itself (src/diagnosis/catalogue/registry.ts); anything else fails at once. */
const PASSING: ReadonlySet<string> = new Set(['reg-429', 'reg-5xx', 'reg-net', 'reg-blob', 'reg-commit'])

/** Before the second try, and before the third. */
const PAUSES: readonly Milliseconds[] = [2000, 8000]

/**
 * Pushes every tag, each try within `timeout`; they must all come out as one digest, which the registry confirms. When one
 * fails, those before it are put back to the image that they had.
 */
export async function pushImage(
  world: PushWorld,
  tags: readonly Reference[],
  timeout: Milliseconds
): Promise<Pushed> {
  const before = new Map<Reference, string | undefined>()
  for (const tag of tags) before.set(tag, (await published(world.engine, tag))?.digest)
  const moved: Reference[] = []
  try {
    return await pushAll(world, tags, timeout, moved)
  } catch (error) {
    if (!(error instanceof Failure) || moved.length === 0) throw error
    throw error.also(await putBack(world.engine, moved, before))
  }
}

/** Lets tags point again to what they pointed to before; what became of them, as a sentence. */
async function putBack(
  engine: Engine,
  moved: readonly Reference[],
  before: ReadonlyMap<Reference, string | undefined>
): Promise<string> {
  const told: string[] = []
  for (const tag of moved) {
    const digest = before.get(tag)
    if (digest === undefined) {
      told.push(`${tag.text} is new and has the image`)
      continue
    }
    const back = await putTagBack(engine, tag, digest)
    told.push(
      back ? `${tag.text} was put back to ${digest}` : `${tag.text} could not be put back to ${digest}`
    )
  }
  return `Of the tags that were pushed before: ${told.join('; ')}.`
}

/** Pulls the old image and pushes it under its tag again; whether the registry says so too. */
async function putTagBack(engine: Engine, tag: Reference, digest: string): Promise<boolean> {
  const old = `${tag.repository}@${digest}`
  const had = (await engine.attempt(['image', 'inspect', '--format', '{{.Id}}', '--', old])).exitCode === 0
  for (const args of [
    ['pull', '--quiet', '--', old],
    ['tag', old, tag.text],
    ['push', '--quiet', '--', tag.text]
  ]) {
    if ((await engine.attempt(args, { timeout: PUT_BACK_TIMEOUT })).exitCode !== 0) return false
  }
  if (!had) await engine.attempt(['image', 'rm', '--', old])
  return (await published(engine, tag))?.digest === digest
}

/** For each of the commands of one tag. */
const PUT_BACK_TIMEOUT: Milliseconds = 120_000

async function pushAll(
  world: PushWorld,
  tags: readonly Reference[],
  timeout: Milliseconds,
  moved: Reference[]
): Promise<Pushed> {
  const digests = new Map<string, string>()
  for (const tag of tags) {
    const output = await pushTag(world, tag, timeout)
    moved.push(tag)
    const digest = await digestOf(world.engine, tag, output)
    const there = await published(world.engine, tag)
    if (there !== undefined && there.digest !== digest) {
      throw new Failure(
        'registry',
        `${tag.text} is ${there.digest} at the registry, and ${digest} was pushed.`,
        {
          cure: 'Something changed the image on its way, or another job moved the tag: look at the registry, and run the job again.'
        }
      )
    }
    digests.set(tag.text, digest)
  }
  const distinct = new Set(digests.values())
  const [digest] = distinct
  if (distinct.size !== 1 || digest === undefined) {
    throw new Failure('registry', 'The registries gave different digests for the same image.', {
      cure: 'Compare the images in the registries; one of them changes what it is given.',
      evidence: [...digests].map(([tag, value]) => `${tag}  ${value}`).join('\n')
    })
  }
  return { digest }
}

/** Pushes one tag, and again where the failure is one that can pass; the engine's output. */
async function pushTag(
  { engine, clock, info, onLine }: PushWorld,
  tag: Reference,
  timeout: Milliseconds
): Promise<string> {
  for (let tries = 0; ; tries++) {
    const result = await engine.attempt(['push', '--', tag.text], { onLine, timeout })
    if (result.exitCode === 0) return result.stdout
    const failure = pushFailure(tag, result, timeout)
    const pause = PAUSES[tries]
    if (pause === undefined || !PASSING.has(failure.signature ?? '')) throw failure
    info(`${failure.message} Trying again in ${seconds(pause)}.`)
    await clock.sleep(pause)
  }
}

/** The digest that the engine noted from the registry's answer to this push. */
async function digestOf(engine: Engine, tag: Reference, output: string): Promise<string> {
  const format = ['image', 'inspect', '--format', '{{json .RepoDigests}}', '--', tag.text]
  const known = (JSON.parse(await engine.run(format)) as string[]).map((entry) => entry.split('@'))
  const answered = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1]
  const noted = known.filter(([, digest]) => digest === answered)
  if (answered === undefined || noted.length === 0) {
    throw new Failure('registry', `The registry gave no digest for ${tag.text}.`, {
      cure: 'Look at the image in the registry, and run the job again.',
      evidence: lastLines(output, 10)
    })
  }
  return answered
}

function pushFailure(tag: Reference, result: CommandResult, timeout: Milliseconds): Failure {
  const output = `${result.stdout}\n${result.stderr}`
  const finding =
    result.exitCode === TIMED_OUT ? undefined : diagnose('push', { registry: output, docker: output })
  const why =
    finding?.cause ??
    (result.exitCode === TIMED_OUT
      ? `It was not done within ${seconds(timeout)}.`
      : `docker push ended with exit code ${result.exitCode}.`)
  return new Failure('registry', `${tag.text} could not be pushed. ${why}`, {
    cure:
      finding?.cure ??
      'Check the name of the registry in `tags`, and that the engine reaches it; the lines below are its own words.',
    evidence: finding?.line ?? lastLines(output, 10),
    signature: finding?.signature?.id
  })
}
