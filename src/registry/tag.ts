import type { Docker } from '../docker/docker.js'
import type { Reference } from './reference.js'

/** Gives the verified image its tags on this machine. */
export async function tagImage(docker: Docker, image: string, tags: readonly Reference[]): Promise<void> {
  for (const tag of tags) await docker.run(['tag', image, tag.text])
}
