import { diagnose } from '../diagnosis/diagnose.js'
import { lastLines, TIMED_OUT, type CommandResult, type Engine } from '../engine/docker.js'
import { Failure } from '../errors.js'
import { seconds, type Milliseconds } from '../values.js'
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
      for (const [tag, id] of previous) {
        await engine.attempt(id ? ['tag', id, tag.text] : ['image', 'rm', '--', tag.text])
      }
    }
  }
}

/** Pushes every tag, each within `timeout`; they must all come out as one digest. */
export async function pushImage(
  engine: Engine,
  tags: readonly Reference[],
  timeout: Milliseconds,
  onLine: (line: string) => void
): Promise<Pushed> {
  const digests = new Map<string, string>()
  for (const tag of tags) {
    const args = ['push', '--', tag.text]
    const result = await engine.attempt(args, { onLine, timeout })
    if (result.exitCode !== 0) throw pushFailure(tag, result, [...digests.keys()], timeout)
    digests.set(tag.text, await digestOf(engine, tag, result.stdout))
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

function pushFailure(
  tag: Reference,
  result: CommandResult,
  moved: readonly string[],
  timeout: Milliseconds
): Failure {
  const output = `${result.stdout}\n${result.stderr}`
  const already = moved.length > 0 ? ` Already pushed: ${moved.join(', ')}.` : ''
  const finding =
    result.exitCode === TIMED_OUT ? undefined : diagnose('push', { registry: output, docker: output })
  const why =
    finding?.cause ??
    (result.exitCode === TIMED_OUT
      ? `It was not done within ${seconds(timeout)}.`
      : `docker push ended with exit code ${result.exitCode}.`)
  return new Failure('registry', `${tag.text} could not be pushed. ${why}${already}`, {
    cure:
      finding?.cure ??
      'Check the name of the registry in `tags`, and that the engine reaches it; the lines below are its own words.',
    evidence: finding?.line ?? lastLines(output, 10),
    signature: finding?.signature?.id
  })
}
