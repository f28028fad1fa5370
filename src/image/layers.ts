import type { Docker } from '../docker/docker.js'
import { imageHistory } from '../docker/inspect.js'

/** A layer of an image, with sizes in bytes. */
export interface ImageLayer {
  createdBy: string
  rawSize: number
  /** Size in the registry; undefined if nothing was pushed. */
  size?: number
  /** false if the registry already had the layer; undefined if nothing was pushed. */
  sent?: boolean
}

/** Returns the layers of an image that are not empty, the lowest first. */
export async function layersOf(docker: Docker, image: string): Promise<ImageLayer[]> {
  const history = await imageHistory(docker, image)
  return history.reverse().flatMap(({ CreatedBy, Size }) => {
    const [firstLine = ''] = CreatedBy.split('\n')
    return Number(Size) > 0 ? [{ createdBy: instruction(firstLine), rawSize: Number(Size) }] : []
  })
}

/** Returns the instruction as in the Dockerfile, without the additions of the builders. */
export function instruction(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/ # buildkit$/, '')
    .trim()
}
