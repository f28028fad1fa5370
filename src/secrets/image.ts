import path from 'node:path'
import type { Docker } from '../docker/docker.js'
import { findImage, imageHistory, inspectContainer, inspectImage, inspectImages } from '../docker/inspect.js'
import type { StartProgram } from '../docker/process-group.js'
import { SNAPSHOT_DIR } from '../lib/image-paths.js'
import { KIND_NAMES } from '../snapshot/content.js'
import type { SnapshotReading } from '../snapshot/read.js'
import { filesOfImage, layersInOrder, noLayers, unreadReason, type ImageLayers } from './archives/layers.js'
import { createOpener, type Unopened } from './archives/opener.js'
import { scanFiles, withoutSecrets, type FilesScanned, type Locate, type NamedContent } from './scan-files.js'
import { newFindings, type ScanFinding } from './scanner/findings.js'
import type { Secret } from './scanner/needles.js'
import type { SecretMatcher } from './scanner/scan.js'

/** Images of a run that are below its snapshot. */
export interface ImagesBelow {
  /** Name or id of the image in which the snapshot is taken. */
  below: string
  /** Names of the image of the user, and of the same image with the files that its start command writes; there may be none. */
  started: { before: string; after: string }
}

export interface SearchedSnapshot extends ImagesBelow {
  /** Names and sizes in bytes of its files. */
  files: readonly { name: string; size: number }[]
  reading: SnapshotReading | undefined
  /** A value that the scan must find in the snapshot. */
  mark: Secret
}

export interface ImageScan extends FilesScanned {
  layers: ImageLayers
  /** Archives in the image that were not opened, or not to their end. */
  unopened: Unopened
}

/** Scans the files of an image in its archive (`docker save`). */
export async function scanImage(
  archive: AsyncIterable<unknown>,
  matcher: SecretMatcher,
  snapshot: SearchedSnapshot | undefined,
  startProgram: StartProgram
): Promise<ImageScan> {
  const layers = noLayers()
  const opener = createOpener(startProgram)
  const scanned = await scanFiles(filesOfImage(archive, layers, opener), matcher, {
    locate: locatorIn(snapshot?.reading),
    measured: (file) => path.posix.dirname(file) === SNAPSHOT_DIR
  }).finally(() => opener.close())
  const { count, names } = opener.unopened
  const shown = await Promise.all(names.map(async (name) => await withoutSecrets(name, matcher)))
  return { ...scanned, layers, unopened: { count, names: shown } }
}

/** Returns the scan of an image whose layers were scanned in two parts; the list of the layers is that of the second part. */
export function mergedScans(below: ImageScan, above: ImageScan): ImageScan {
  return {
    findings: [...below.findings, ...above.findings],
    unlisted: below.unlisted + above.unlisted,
    unconfirmed: below.unconfirmed + above.unconfirmed,
    bytes: below.bytes + above.bytes,
    sizes: new Map([...below.sizes, ...above.sizes]),
    layers: {
      order: above.layers.order,
      results: new Map([...below.layers.results, ...above.layers.results]),
      links: new Map([...below.layers.links, ...above.layers.links])
    },
    unopened: {
      count: below.unopened.count + above.unopened.count,
      names: [...below.unopened.names, ...above.unopened.names]
    }
  }
}

/** Returns the kind of memory that a byte of a file of pages belongs to. */
function locatorIn(reading: SnapshotReading | undefined): Locate {
  return (file, offset) => {
    if (path.posix.dirname(file) !== SNAPSHOT_DIR) return undefined
    const memory = reading?.map.locate(path.posix.basename(file), offset)
    return (
      memory && (memory.kind === 'files' && memory.file ? `mapped ${memory.file}` : KIND_NAMES[memory.kind])
    )
  }
}

/**
 * Returns the findings to report: known values in all layers, and tokens that the run added. A test key in a jar of the image
 * below the snapshot is not reported, and neither is its copy in memory. Without images below, only known values are reported.
 */
export async function reportable(
  docker: Docker,
  { findings, layers }: Pick<ImageScan, 'findings' | 'layers'>,
  image: string,
  images: ImagesBelow | undefined
): Promise<ScanFinding[]> {
  const known = findings.filter((finding) => 'secret' in finding && !isMark(finding))
  if (!images) return known
  const order = layersInOrder(layers)
  const below = new Set(order.slice(0, await commonLayers(docker, images.below, image)))
  for (const layer of order.slice(...(await writtenLayers(docker, images)))) below.delete(layer)
  const isBelow = ({ location }: ScanFinding): boolean => below.has(location?.layer ?? '')
  const tokens = findings.filter((finding) => 'family' in finding)
  const added = tokens.filter((finding) => !isBelow(finding))
  return [...known, ...newFindings(added, tokens.filter(isBelow))]
}

/** Returns the positions, from the lowest layer up, between which the layers with the files of a start command are. */
async function writtenLayers(
  docker: Docker,
  { started }: ImagesBelow
): Promise<[begin: number, end: number]> {
  const after = await findImage(docker, started.after)
  const before = after && (await findImage(docker, started.before))
  const [begin, end] = [before, after].map((image) => image?.RootFS.Layers?.length ?? 0)
  return [begin ?? 0, end ?? 0]
}

/** Returns the number of layers that two images have in common, from the lowest up. */
async function commonLayers(docker: Docker, one: string, other: string): Promise<number> {
  const images = await inspectImages(docker, one, other)
  const [first = [], second = []] = images.map(({ RootFS }) => RootFS.Layers ?? [])
  const differ = first.findIndex((layer, index) => layer !== second[index])
  return differ < 0 ? first.length : differ
}

/** Returns the variable HOSTNAME of a container: it is unique to the container, and in the memory of the application. */
export async function markOf(docker: Docker, container: string): Promise<Secret> {
  const { Hostname, Env } = (await inspectContainer(docker, container)).Config
  const given = Env?.find((pair) => pair.startsWith('HOSTNAME='))
  return { name: MARK, value: given ?? `HOSTNAME=${Hostname}` }
}

/** Name of the mark in findings. */
const MARK = 'mark of the container'

/** Returns whether a finding is the mark of the container, which has to be there. */
export function isMark(finding: ScanFinding): boolean {
  return 'secret' in finding && finding.secret === MARK
}

/** Returns why the scan of an image is incomplete; undefined if every layer and all of the snapshot was read. */
export function incompleteScanReason(
  snapshot: SearchedSnapshot | undefined,
  { layers, ...scanned }: ImageScan
): string | undefined {
  const untested =
    scanned.unconfirmed > 0 ? 'the image has too many parts of known values to test them all' : undefined
  return unreadReason(layers) ?? untested ?? (snapshot && incompleteSnapshotReason(snapshot, scanned))
}

function incompleteSnapshotReason(
  { files }: SearchedSnapshot,
  { sizes, findings, unlisted }: FilesScanned
): string | undefined {
  for (const { name, size } of files) {
    const read = sizes.get(`${SNAPSHOT_DIR}/${name}`) ?? 0
    if (read !== size) return `${read} of ${size} bytes of ${name} were read`
  }
  if (!findings.some((finding) => isMark(finding) && finding.location?.file.startsWith(SNAPSHOT_DIR)))
    return 'the environment of the application was not found in the snapshot, although it is in its memory'
  return unlisted > 0
    ? 'the image has too many tokens, or beginnings of tokens, to test and list them'
    : undefined
}

/** Returns the metadata of an image, which everyone who can pull it can read: environment, labels, commands and history. */
export async function configurationOf(docker: Docker, image: string): Promise<NamedContent[]> {
  const { Config, ...rest } = await inspectImage(docker, image)
  const { Env, Labels, ...settings } = Config
  const steps = (await imageHistory(docker, image)).map(({ CreatedBy }) => CreatedBy)
  const content = (name: string, text: string): NamedContent => ({ name, bytes: [Buffer.from(text)] })
  return [
    ...(Env ?? []).map((pair) => content(`environment variable ${pair.replace(/=.*/s, '')}`, pair)),
    ...Object.entries(Labels ?? {}).map(([name, value]) => content(`label ${name}`, value)),
    content('history of the image', steps.join('\n')),
    content('configuration of the image', JSON.stringify({ ...settings, ...rest }))
  ]
}
