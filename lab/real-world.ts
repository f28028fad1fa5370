import path from 'node:path'
import { attempt, run } from './command.js'
import { runningDocker } from './docker/client.js'
import { labHome } from './home.js'
import type { Progress } from './progress.js'
import { ensureContext } from './samples.js'
import { inputsFor, type World } from './world.js'

const GITHUB_API = 'https://api.github.com'
const IMAGE_REGISTRY = 'https://registry-1.docker.io/v2/'
const BASE_IMAGE = 'debian:trixie-slim'
const REGISTRY_IMAGE = 'registry:3'
export const REGISTRY_CONTAINER = 'crac-checkpoint-lab-registry'

/** How long the internet may take to answer before the lab is used instead. In milliseconds. */
const PATIENCE = 3000

/**
 * The world as it is on a GitHub runner, where there is one: an engine that runs, the real GitHub API and JDK,
 * the real base image. Needs no root. undefined where any of it is missing, or where a LAB_ variable asks
 * for a part of the lab.
 */
export async function openRealWorld(progress: Progress): Promise<World | undefined> {
  if (Object.keys(process.env).some((name) => name.startsWith('LAB_') && name !== 'LAB_HOME'))
    return undefined
  const [engine, api, images] = await Promise.all([
    runningDocker(),
    answers(GITHUB_API),
    answers(IMAGE_REGISTRY)
  ])
  if (!engine || !api || !images) return undefined

  progress('An engine runs here and the internet answers: using the real parts (--lab uses the lab).')
  const context = await ensureContext({ environment: process.env, baseImage: BASE_IMAGE }, progress)
  const registry = await ensureRegistryContainer(progress)
  return {
    environment: process.env,
    engines: [process.env],
    ownDocker: false,
    baseImage: BASE_IMAGE,
    registry,
    inputs: inputsFor(BASE_IMAGE, GITHUB_API),
    jdkArchive: undefined,
    context,
    toolCache: path.join(labHome(), 'tool-cache'),
    parts: {
      engine: `real, Docker ${engine}`,
      CRIU: 'real, that of the base image',
      'base image': `real, ${BASE_IMAGE}`,
      registry: `real, ${REGISTRY_IMAGE} in a container on ${registry}`,
      application: `real, ${context}`,
      'GitHub API': `real, ${GITHUB_API}`,
      'CRaC JDK': 'real, from CRaC/openjdk-builds'
    },
    close: () => Promise.resolve()
  }
}

/** Any answer counts: a registry says 401 to a stranger, and that is an answer. */
async function answers(url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(PATIENCE) }).then(
    () => true,
    () => false
  )
}

async function ensureRegistryContainer(progress: Progress): Promise<string> {
  const port = async () => await attempt('docker', ['port', REGISTRY_CONTAINER, '5000/tcp'])
  if ((await port()).code !== 0) {
    progress('Starting a registry in a container ...')
    await attempt('docker', ['rm', '--force', REGISTRY_CONTAINER])
    await run('docker', [
      'run',
      '--detach',
      '--name',
      REGISTRY_CONTAINER,
      '--publish',
      '127.0.0.1::5000',
      REGISTRY_IMAGE
    ])
  }
  const address = (await port()).stdout.split('\n')[0] ?? ''
  return `localhost:${address.split(':').at(-1)}`
}
