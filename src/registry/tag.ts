import type { Engine } from '../engine/docker.js'
import type { Reference } from './reference.js'

/** Gives the verified image its tags on this machine. */
export async function tagImage(engine: Engine, image: string, tags: readonly Reference[]): Promise<void> {
  for (const tag of tags) await engine.run(['tag', image, tag.text])
}
