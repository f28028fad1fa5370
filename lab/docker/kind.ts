import path from 'node:path'
import { debianRoot, type Suite } from '../debian.js'
import type { Progress } from '../progress.js'

/** What kind of Docker engine the lab starts. */
export interface EngineKind {
  /** The suite of Debian whose Docker it is: trixie (Debian 13) has Docker 26, forky (testing) Docker 28. */
  suite: Suite
  /** Settings of its daemon.json: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
  settings: Readonly<Record<string, unknown>>
}

/** Settings with which an engine keeps its images in containerd, as a new installation of Docker 29 does. */
export const CONTAINERD_STORE = { features: { 'containerd-snapshotter': true } }

/** The engine alone: its client and the registry are those of Debian 13. */
const ENGINE_ALONE = ['docker.io', 'iptables', 'iproute2', 'ca-certificates']

const SUITES: Record<string, Suite> = { '26': 'trixie', '28': 'forky' }
const STORES: Record<string, EngineKind['settings']> = { overlay2: {}, containerd: CONTAINERD_STORE }

/**
 * The kind that LAB_DOCKER (26 or 28) and LAB_IMAGE_STORE (overlay2 or containerd) ask for, and the end of the names of its files: empty
 * where neither is set. An error for another value.
 */
export function requestedKind(): EngineKind & { suffix: string } {
  const { LAB_DOCKER, LAB_IMAGE_STORE } = process.env
  const version = LAB_DOCKER ?? '26'
  const store = LAB_IMAGE_STORE ?? 'overlay2'
  return {
    suffix: (LAB_DOCKER ?? LAB_IMAGE_STORE) === undefined ? '' : `-${version}-${store}`,
    suite: choice('LAB_DOCKER', version, SUITES),
    settings: choice('LAB_IMAGE_STORE', store, STORES)
  }
}

/** Root folder of the lab's engine of Debian 13, which `dockerRoot` makes. */
export function ownRoot(home: string): string {
  return path.join(home, 'engine')
}

/** Root folder of the engine of a suite. The first call for the testing suite makes it, in about two minutes. */
export async function engineRoot(home: string, suite: Suite, progress: Progress): Promise<string> {
  if (suite === 'trixie') return ownRoot(home)
  return await debianRoot(home, 'engine-testing', ENGINE_ALONE, progress, suite)
}

function choice<T>(name: string, value: string, choices: Record<string, T>): T {
  const found = choices[value]
  if (found === undefined)
    throw new Error(`${name} is ${value}, but only ${Object.keys(choices).join(' and ')} are possible.`)
  return found
}
