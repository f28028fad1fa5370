import type { Engine } from '../engine/docker.js'
import type { Reference } from './reference.js'

/** Gives the verified image its tags on this machine. Tags that pointed elsewhere point there again after `undo`. */
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
