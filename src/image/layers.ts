import type { Docker } from '../docker/docker.js'
import { imageHistory } from '../docker/inspect.js'

/** A layer of an image. Sizes in bytes. */
export interface ImageLayer {
  /** The instruction that made it. */
  createdBy: string
  /** As the engine has it. */
  rawSize: number
  /** As the registry has it, and whether it had to be sent; undefined where nothing was pushed. */
  size?: number
  sent?: boolean
}

/** The layers of an image that hold anything, from the lowest up. */
export async function layersOf(docker: Docker, image: string): Promise<ImageLayer[]> {
  const history = await imageHistory(docker, image)
  return history.reverse().flatMap(({ CreatedBy, Size }) => {
    const [firstLine = ''] = CreatedBy.split('\n')
    return Number(Size) > 0 ? [{ createdBy: instruction(firstLine), rawSize: Number(Size) }] : []
  })
}

/** As in the Dockerfile, without what the builders add to it. */
export function instruction(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/ # buildkit$/, '')
    .trim()
}
