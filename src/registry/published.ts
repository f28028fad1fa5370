import type { Engine } from '../engine/docker.js'
import type { Milliseconds } from '../values.js'
import type { Reference } from './reference.js'

/** An image as its registry has it now. */
export interface Published {
  /** `sha256:...` of its manifest. */
  digest: string
  labels: Record<string, string>
}

interface Inspected {
  manifest?: { digest?: string }
  image?: { config?: { Labels?: Record<string, string> | null } }
}

const ANSWER_TIMEOUT: Milliseconds = 30_000

/**
 * What the registry has under a tag; undefined where it has nothing, an image of several platforms, or does not answer.
 * By buildx, which logs in as docker does.
 */
export async function published(engine: Engine, tag: Reference): Promise<Published | undefined> {
  const args = ['buildx', 'imagetools', 'inspect', '--format', '{{json .}}', tag.text]
  const { exitCode, stdout } = await engine.attempt(args, { timeout: ANSWER_TIMEOUT })
  if (exitCode !== 0) return undefined
  const { manifest, image } = JSON.parse(stdout) as Inspected
  if (manifest?.digest === undefined || image?.config === undefined) return undefined
  return { digest: manifest.digest, labels: image.config.Labels ?? {} }
}

/** The one digest that all of the tags have, if each of their images has the label. */
export async function publishedWith(
  engine: Engine,
  tags: readonly Reference[],
  label: string,
  value: string
): Promise<string | undefined> {
  const found = await Promise.all(tags.map((tag) => published(engine, tag)))
  const digests = new Set(found.map((image) => (image?.labels[label] === value ? image.digest : undefined)))
  const [digest] = digests
  return digests.size === 1 ? digest : undefined
}
