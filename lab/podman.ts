import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from './command.js'
import { debianRoot } from './debian.js'
import { PROJECT } from './home.js'
import type { Progress } from './progress.js'

const PACKAGES = ['podman', 'runc', 'catatonit', 'iproute2', 'util-linux', 'ca-certificates']

/** What podman shall start. */
export interface Manifest {
  yaml: string
  /** Seccomp profile that podman has as its default, in JSON; without it, its own. */
  defaultProfile?: string
}

/** The container of a manifest, as it answered and logged; an answer is empty where there was none. */
export interface Played {
  answer: string
  log: string
}

/**
 * Starts manifests with `podman kube play` of Debian 13, one after the other. `save` writes the image to a file in the format of
 * `docker save`. Needs root.
 */
export async function playManifests(
  home: string,
  progress: Progress,
  save: (file: string) => void,
  manifests: Record<string, Manifest>,
  port: number
): Promise<{ version: string; played: Record<string, Played> }> {
  const root = await debianRoot(home, 'podman', PACKAGES, progress)
  const shared = await mkdtemp(path.join(home, 'podman-'))
  const at = (name: string): string => path.join(shared, name)
  try {
    save(at('image.tar'))
    await copyFile(path.join(PROJECT, 'docker/seccomp.json'), at('seccomp.json'))
    await copyFile(path.join(PROJECT, 'lab/podman/play.sh'), at('play.sh'))
    for (const [name, { yaml, defaultProfile }] of Object.entries(manifests)) {
      await writeFile(at(`${name}.yaml`), yaml)
      if (defaultProfile !== undefined) await writeFile(at(`${name}.seccomp.json`), defaultProfile)
    }
    const names = Object.keys(manifests)
    const script = path.join(PROJECT, 'lab/podman/in-podman.sh')
    const inside = ['bash', '/run/shared/play.sh', String(port), ...names]
    const output = await run('unshare', ['--mount', script, root, shared, ...inside])
    const played: Record<string, Played> = {}
    for (const name of names) {
      const [answer, log] = await Promise.all(
        ['answer', 'log'].map((kind) => readFile(at(`${name}.${kind}`), 'utf8'))
      )
      played[name] = { answer: answer ?? '', log: log ?? '' }
    }
    return { version: output.trim(), played }
  } finally {
    await rm(shared, { recursive: true, force: true })
  }
}
