import type { Docker } from '../docker/docker.js'

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
  const format = ['history', '--no-trunc', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}']
  const lines = (await docker.run([...format, image])).split('\n').reverse()
  return lines.flatMap((line) => {
    const [, size, createdBy = ''] = /^(\d+) ?(.*)$/.exec(line) ?? []
    return Number(size) > 0 ? [{ createdBy: instruction(createdBy), rawSize: Number(size) }] : []
  })
}

/** As in the Dockerfile, without what the builders add to it. */
export function instruction(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/ # buildkit$/, '')
    .trim()
}
