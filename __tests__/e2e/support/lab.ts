import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from '@jest/globals'
import { withEmptyDocker } from '../../../lab/docker/docker.js'
import { labHome } from '../../../lab/home.js'
import { runStep, type StepOptions, type StepResult } from '../../../lab/runner.js'
import {
  callUntilAnswer,
  startImage,
  type StartedImage,
  type StartOptions
} from '../../../lab/started-image.js'
import type { World } from '../../../lab/world.js'
import { metadataErrors } from '../../support/metadata.js'

export { annotations, errorOf } from '../../support/error-of.js'

/** File of the world, from scripts/test.ts. */
const given = process.env['LAB_WORLD']

/** The world that scripts/test.ts provides; only to be used inside a labTest. */
export const world = (given ? JSON.parse(readFileSync(given, 'utf8')) : {}) as World

/** Whether there is a lab. */
export const available = given !== undefined

/** Whether the lab started the engine: one that was there before is the only one there is. */
const ownDocker = available && world.environment['DOCKER_HOST'] === `unix://${labHome()}/run/docker.sock`

/** A test that needs the lab. Where there is none it is skipped, and scripts/test.ts says why. */
export const labTest = available ? test : test.skip

/** A test that needs further engines, which only the lab can start. */
export const engineTest = ownDocker ? test : test.skip

/** Runs `docker` against the lab's engine. */
export function docker(...args: string[]): string {
  return dockerAt(world.environment, ...args)
}

/** Runs `docker` against the engine of an environment. */
export function dockerAt(environment: NodeJS.ProcessEnv, ...args: string[]): string {
  return execFileSync('docker', args, {
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe']
  }).trim()
}

/** Both streams of a container's log. */
export function containerLog(name: string, environment = world.environment): string {
  const { stdout, stderr } = spawnSync('docker', ['logs', name], { env: environment, encoding: 'utf8' })
  return stdout + stderr
}

/** Starts an image as its user would, gives it to the work, and removes it. */
export async function withStarted<T>(
  options: Omit<StartOptions, 'environment' | 'name' | 'port'> & Partial<Pick<StartOptions, 'environment'>>,
  work: (started: StartedImage) => Promise<T>
): Promise<T> {
  const name = `e2e-${process.pid}-${Math.random().toString(36).slice(2)}`
  const environment = options.environment ?? world.environment
  try {
    return await work(await startImage({ name, port: 8080, ...options, environment }))
  } finally {
    dockerAt(environment, 'rm', '--force', name)
  }
}

/**
 * Pulls a pushed image by its digest on a machine that has nothing of it, and gives the work what `docker run` needs there: the
 * machine, the image, and the very flags that the step printed.
 */
export async function pulledElsewhere<T>(
  tag: string,
  step: StepResult,
  work: (pulled: { environment: NodeJS.ProcessEnv; image: string; flags: string[] }) => Promise<T>
): Promise<T> {
  const image = `${tag.slice(0, tag.lastIndexOf(':'))}@${step.outputs['digest']}`
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-pulled-'))
  const file = path.join(folder, 'seccomp.json')
  docker('image', 'rm', '--force', tag)
  const elsewhere = async (environment: NodeJS.ProcessEnv): Promise<T> => {
    // Where there is one engine only, nothing but the image itself is new to it.
    if (ownDocker && dockerAt(environment, 'image', 'ls', '--all', '--quiet') !== '')
      throw new Error('the engine is not empty')
    dockerAt(environment, 'pull', '--quiet', image)
    const profile = ['run', '--rm', '--entrypoint', 'cat', image, '/opt/crac-checkpoint/seccomp.json']
    writeFileSync(file, dockerAt(environment, ...profile))
    const flags = (step.outputs['restore-flags'] ?? '')
      .split(' ')
      .map((flag) => flag.replace('seccomp=seccomp.json', `seccomp=${file}`))
    return await work({ environment, image, flags })
  }
  try {
    return await (ownDocker ? withEmptyDocker(labHome(), elsewhere) : elsewhere(world.environment))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Calls until the answer is the expected one; an error with the last answer after ten seconds. */
export async function answerBecomes(started: StartedImage, expected: string): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const answer = await callUntilAnswer(started)
    if (answer === expected) return
    if (Date.now() > deadline) throw new Error(`The answer is ${answer}, not ${expected}`)
    await sleep(20)
  }
}

/** A new engine that has the base image and nothing else, with features of its daemon.json. */
export async function withEngine<T>(
  features: Record<string, boolean>,
  work: (environment: NodeJS.ProcessEnv) => Promise<T>
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-engine-'))
  const file = path.join(folder, 'base.tar')
  try {
    docker('save', '--output', file, world.baseImage)
    return await withEmptyDocker(
      labHome(),
      async (environment) => {
        dockerAt(environment, 'load', '--input', file)
        return await work(environment)
      },
      { features }
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Everything that a run could leave in an engine, as one text to compare. */
export function engineContents(environment = world.environment): string {
  const lists = [
    ['ps', '--all', '--format', '{{.Names}}'],
    ['volume', 'ls', '--quiet'],
    ['network', 'ls', '--format', '{{.Name}}'],
    ['image', 'ls', '--all', '--format', '{{.Repository}}:{{.Tag}}']
  ]
  return lists
    .map((list) =>
      dockerAt(environment, ...list)
        .split('\n')
        .sort()
        .join('\n')
    )
    .join('\n---\n')
}

/** Runs the action as a runner does, with the lab around it; its `metadata`, if any, has to fit the schema. */
export async function runAction(
  inputs: Record<string, string>,
  options: Partial<StepOptions> = {}
): Promise<StepResult> {
  const step = await runStep({
    inputs: {
      ...world.inputs,
      context: world.context,
      // Figures are for the tests that are about them: those say how many runs they want.
      ...('verify-runs' in inputs ? {} : { verify: 'false' }),
      ...inputs
    },
    environment: world.environment,
    workspace: tmpdir(),
    toolCache: world.toolCache,
    ...options
  })
  const { metadata } = step.outputs
  const errors = metadata === undefined ? [] : metadataErrors(metadata)
  if (errors.length > 0) throw new Error(`metadata does not fit its schema:\n${errors.join('\n')}`)
  return step
}

/** The registry's own digest of a tag; undefined where the tag does not exist. */
export async function registryDigest(tag: string): Promise<string | undefined> {
  const [, repository, name] = /^[^/]+\/(.+):([^:]+)$/.exec(tag) ?? []
  const response = await fetch(`http://${world.registry}/v2/${repository}/manifests/${name}`, {
    method: 'HEAD',
    headers: {
      accept:
        'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json'
    }
  })
  return response.ok ? (response.headers.get('docker-content-digest') ?? undefined) : undefined
}

/** A reference in the lab's registry that no other test uses. */
export function freshTag(name: string): string {
  return `${world.registry}/e2e/${name}-${process.pid}-${Date.now().toString(36)}:crac`
}

/** Compiles __tests__/e2e/applications/NAME.java into a jar that runs the first; gives the folder that holds it. */
export function buildFixture(...names: [string, ...string[]]): { context: string; remove: () => void } {
  const root = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../../..')
  const context = mkdtempSync(path.join(tmpdir(), 'e2e-fixture-'))
  const classes = path.join(context, 'classes')
  // The jdk.crac API comes from the JDK at run time; here only its sources are needed.
  const api = path.join(root, 'lab/jdk/java')
  const sources = names.map((name) => path.join(root, '__tests__/e2e/applications', `${name}.java`))
  execFileSync('javac', ['--release', '17', '-implicit:none', '-sourcepath', api, '-d', classes, ...sources])
  execFileSync('jar', [
    '--create',
    '--file',
    path.join(context, 'app.jar'),
    '--main-class',
    names[0],
    '-C',
    classes,
    '.'
  ])
  rmSync(classes, { recursive: true })
  return { context, remove: () => rmSync(context, { recursive: true, force: true }) }
}
