import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './command.js'
import { PROJECT } from './home.js'
import { httpGet } from './http.js'

export interface StartOptions {
  environment: NodeJS.ProcessEnv
  image: string
  name: string
  port: number
  /** Flags of `docker run`; the declared ones when absent. */
  flags?: string[]
  /** Environment of the application; values reach the engine through the client's environment, not through argv. */
  variables?: Record<string, string>
  /** Arguments after the image. */
  arguments?: string[]
}

export interface StartedImage {
  name: string
  url: string
}

/**
 * What every image of the action declares in its label: the least privileges of a restore. Written out again, and
 * not taken from src/: what checks the action must not share its mistakes.
 */
export const DECLARED_FLAGS = [
  '--cap-drop',
  'ALL',
  '--cap-add',
  'CHECKPOINT_RESTORE',
  '--cap-add',
  'SETPCAP',
  '--security-opt',
  `seccomp=${path.join(PROJECT, 'docker/seccomp.json')}`
]

/** Starts an image as its user would: `docker run` with the declared flags, published on a loopback port. */
export async function startImage(options: StartOptions): Promise<StartedImage> {
  const { environment: env, name, port, variables = {} } = options
  const flags = options.flags ?? DECLARED_FLAGS
  const names = Object.keys(variables).flatMap((variable) => ['--env', variable])
  const publish = ['--publish', `127.0.0.1::${port}`]
  await run(
    'docker',
    [
      'run',
      '--detach',
      '--name',
      name,
      ...publish,
      ...flags,
      ...names,
      options.image,
      ...(options.arguments ?? [])
    ],
    { env: { ...env, ...variables } }
  )
  const address = await run('docker', ['port', name, `${port}/tcp`], { env })
  return { name, url: `http://${address.split('\n')[0]}/` }
}

/** The body of the first good answer; an error after 30 seconds without one. */
export async function callUntilAnswer(started: StartedImage, at = ''): Promise<string> {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    const got = await httpGet(new URL(at, started.url))
    if (got?.status === 200) return got.body
    await sleep(10)
  }
  throw new Error(`${started.name} did not answer on ${started.url} within 30 s`)
}
