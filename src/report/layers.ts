import type { ImageLayer } from '../image/layers.js'
import { megabytes } from '../lib/values.js'
import { code } from './markdown.js'

/** Minimum size of a layer with a row of its own, in bytes. */
const SHOWN = 50_000

/** Returns a Markdown table of the layers: their sizes, and whether they were sent. */
export function layerTable(layers: readonly ImageLayer[]): string[] {
  const rows = layers
    .filter(({ rawSize }) => rawSize >= SHOWN)
    .map(({ createdBy, rawSize, size, sent }) => {
      const packed = size === undefined ? 'not pushed' : `${megabytes(size)}${sent ? '' : ', already there'}`
      return `| ${code(createdBy.slice(0, 100) || 'base image')} | ${megabytes(rawSize)} | ${packed} |`
    })
  const raw = megabytes(sum(layers, ({ rawSize }) => rawSize))
  return [
    '| layer | raw | at the registry |',
    '|---|---|---|',
    ...rows,
    `| together | ${raw} | ${pushedSize(layers) ?? 'not pushed'} |`
  ]
}

/** Returns the size of what was sent to the registry; undefined where nothing was pushed. */
export function pushedSize(layers: readonly ImageLayer[]): string | undefined {
  if (!layers.some(({ size }) => size !== undefined)) return undefined
  const all = sum(layers, ({ size = 0 }) => size)
  const sent = sum(layers, ({ size = 0, sent }) => (sent ? size : 0))
  return `${megabytes(sent)} sent of ${megabytes(all)}`
}

function sum(layers: readonly ImageLayer[], of: (layer: ImageLayer) => number): number {
  return layers.reduce((total, layer) => total + of(layer), 0)
}
