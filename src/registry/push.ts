import { engineFailure, lastLines, type CommandResult, type Engine } from '../engine/docker.js'
import { Failure } from '../errors.js'
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

/** Pushes every tag; they must all come out as one digest. */
export async function pushImage(
  engine: Engine,
  tags: readonly Reference[],
  onLine: (line: string) => void
): Promise<Pushed> {
  const digests = new Map<string, string>()
  for (const tag of tags) {
    const args = ['push', '--', tag.text]
    const result = await engine.attempt(args, { onLine })
    if (result.exitCode !== 0) throw pushFailure(tag, args, result, [...digests.keys()])
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
  args: string[],
  result: CommandResult,
  moved: readonly string[]
): Failure {
  const evidence = lastLines(`${result.stdout}\n${result.stderr}`, 10)
  const what = `${tag.text} could not be pushed`
  const already = moved.length > 0 ? ` Already pushed: ${moved.join(', ')}.` : ''
  if (/unauthorized|authentication required|no basic auth credentials|denied/i.test(evidence)) {
    return new Failure('registry', `${what}: the registry refused access.${already}`, {
      cure:
        'Run docker/login-action before this step, with a token that may write to this repository ' +
        '(for ghcr.io: `permissions: packages: write`).',
      evidence
    })
  }
  if (/connection refused|no such host|i\/o timeout|TLS handshake/i.test(evidence)) {
    return new Failure('registry', `${what}: the registry does not answer.${already}`, {
      cure: 'Check the name of the registry in `tags`, and that the engine reaches it.',
      evidence
    })
  }
  const failure = engineFailure(args, result)
  return new Failure('registry', `${what}. ${failure.message}${already}`, { cure: failure.cure, evidence })
}
