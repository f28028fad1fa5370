import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { tarOf, type TarFiles } from '../../support/image-archive.js'
import { docker, world } from './lab.js'

interface Config {
  rootfs: { diff_ids: string[] }
  history?: object[]
}

/** Adds the base image with one more layer to the engine: as the archive that it is, so with extended attributes, which a build drops. */
export async function addBaseWithLayer(image: string, folder: string, files: TarFiles): Promise<void> {
  const work = mkdtempSync(path.join(folder, 'base-'))
  const at = (name: string): string => path.join(work, name)
  docker('save', '--output', at('base.tar'), world.baseImage)
  execFileSync('tar', ['-xf', 'base.tar'], { cwd: work })
  const [manifest] = JSON.parse(readFileSync(at('manifest.json'), 'utf8')) as [
    { Config: string; Layers: string[] }
  ]
  const layer = await tarOf(files)
  const digest = createHash('sha256').update(layer).digest('hex')
  const config = JSON.parse(readFileSync(at(manifest.Config), 'utf8')) as Config
  config.rootfs.diff_ids.push(`sha256:${digest}`)
  delete config.history
  writeFileSync(at('config.json'), JSON.stringify(config))
  writeFileSync(at('layer.tar'), layer)
  const layers = [...manifest.Layers, 'layer.tar']
  writeFileSync(
    at('manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [image], Layers: layers }])
  )
  execFileSync('tar', ['-cf', 'new.tar', 'manifest.json', 'config.json', ...layers], { cwd: work })
  docker('load', '--input', at('new.tar'))
}
