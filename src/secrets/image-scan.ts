import type { Readable } from 'node:stream'
import type { Docker } from '../docker/docker.js'
import { filesOfImage, type ImageLayers } from './archives.js'
import { newFindings, type Finding } from './findings.js'
import type { Matcher } from './matcher.js'
import { locatorIn, type SearchedSnapshot } from './of-snapshot.js'
import { scanFiles, type FilesScanned } from './scan-files.js'

/** All files of an image, searched. */
export interface ImageScan extends FilesScanned {
  layers: ImageLayers
}

/** Searches the files of an image in its archive (`docker save`). */
export async function scanImage(
  archive: Readable,
  matcher: Matcher,
  snapshot: SearchedSnapshot | undefined
): Promise<ImageScan> {
  const layers: ImageLayers = { order: undefined, unread: [] }
  const scanned = await scanFiles(filesOfImage(archive, layers), matcher, locatorIn(snapshot?.reading))
  return { ...scanned, layers }
}

/**
 * What of the findings is to be told. Known values are, wherever they are. Tokens are only news where a checkpoint brought them: a
 * test key in a jar is none, and neither is its copy in memory.
 */
export async function worthTelling(
  docker: Docker,
  { findings, layers: { order = [] } }: ImageScan,
  image: string,
  snapshot: SearchedSnapshot | undefined
): Promise<Finding[]> {
  const known = findings.filter((finding) => 'secret' in finding)
  if (!snapshot) return known
  const below = new Set(order.slice(0, await layersInCommon(docker, snapshot.below, image)))
  const isBelow = ({ place }: Finding): boolean => below.has(place?.layer ?? '')
  const tokens = findings.filter((finding) => 'family' in finding)
  const brought = tokens.filter((finding) => !isBelow(finding))
  return [...known, ...newFindings(brought, tokens.filter(isBelow))]
}

/** How many layers two images have in common, from the first on. */
async function layersInCommon(docker: Docker, one: string, other: string): Promise<number> {
  const format = ['image', 'inspect', '--format', '{{json .RootFS.Layers}}']
  const lists = (await docker.run([...format, '--', one, other])).split('\n')
  const [first = [], second = []] = lists.map((list) => JSON.parse(list) as string[])
  const differ = first.findIndex((layer, index) => layer !== second[index])
  return differ < 0 ? first.length : differ
}
