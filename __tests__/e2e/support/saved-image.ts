import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { dockerAt } from './lab.js'

/** An image as Docker has it. */
export interface SavedImage {
  /** Digest of its configuration. */
  configuration: string
  /** Media type of each layer in its store. */
  mediaTypes: string[]
}

interface Descriptor {
  digest: string
  mediaType: string
}

/** Reads an image from `docker save`: its id is another digest where Docker keeps images in containerd. */
export function savedImage(environment: NodeJS.ProcessEnv, tag: string): SavedImage {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-saved-'))
  const file = path.join(folder, 'image.tar')
  const read = <T>(name: string): T =>
    JSON.parse(
      execFileSync('tar', ['--extract', '--to-stdout', '--file', file, name], { encoding: 'utf8' })
    ) as T
  const blob = (digest = ''): string => `blobs/${digest.replace(':', '/')}`
  try {
    dockerAt(environment, 'save', '--output', file, tag)
    const [described] = read<{ manifests: Descriptor[] }>('index.json').manifests
    const manifest = read<{ config: Descriptor; layers: Descriptor[] }>(blob(described?.digest))
    return {
      configuration: manifest.config.digest,
      mediaTypes: manifest.layers.map(({ mediaType }) => mediaType)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
