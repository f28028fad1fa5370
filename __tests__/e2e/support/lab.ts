import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { withEmptyDocker } from '../../../lab/docker/empty-docker.js'
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

export const available = given !== undefined

// Files run side by side, each worker of jest with a Docker engine of its own: what is left there is of the tests of one file.
if (available)
  world.environment = world.engines[Number(process.env['JEST_WORKER_ID'] ?? 1) - 1] ?? world.environment

/** A test that needs the lab. Where there is none it is skipped, and scripts/test.ts says why. */
export const labTest = available ? test : test.skip

/** The Java version of the lab's JDK, by the name of its archive (`openjdk-21-crac+1_…`, `…-jdk21.0.12-…`). */
export const JAVA = Number(/jdk-?(\d+)/.exec(path.basename(world.jdkArchive ?? ''))?.[1] ?? 21)

/** A test of an application that is compiled for Java 21; skipped with an older JDK. */
export const java21Test = JAVA >= 21 ? labTest : test.skip

/** A test that needs further Docker engines, which only the lab can start. */
export const engineTest = available && world.ownDocker ? test : test.skip

const skipped = (): void => undefined

/** beforeAll and afterAll, where there is a lab. */
export const labBeforeAll: typeof beforeAll = available ? beforeAll : skipped
export const labAfterAll: typeof afterAll = available ? afterAll : skipped

interface Suite {
  /** Folder of the suite, which is removed at its end. */
  folder: string
  context: string
  /** Runs the action on that application; an error with the log if it fails or leaves files. */
  job: (inputs?: Record<string, string>, options?: Partial<StepOptions>) => Promise<StepResult>
}

/** Tests that share an application of __tests__/e2e/applications, whose main class is the first of its classes. */
export function e2eSuite(title: string, application: Classes, define: (suite: Suite) => void): void {
  describe(title, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'e2e-suite-'))
    const context = path.join(folder, 'application')
    labBeforeAll(() => {
      mkdirSync(context)
      copyFileSync(fixtureJar(...application), path.join(context, 'app.jar'))
    })
    afterAll(() => rmSync(folder, { recursive: true }))
    const job: Suite['job'] = async (inputs = {}, options = {}) => {
      const step = await runAction({ context, ...inputs }, options)
      if (step.exitCode !== 0 || step.left.length > 0) throw new Error([step.log, ...step.left].join('\n'))
      return step
    }
    define({ folder, context, job })
  })
}

/**
 * Puts a `docker` in front of the real one, in a new folder below `folder`: the lines of sh run before each command, with its
 * arguments, and `$real` is the real one. Returns the variables with which it is used.
 */
export function dockerBehind(
  folder: string,
  lines: readonly string[],
  environment: NodeJS.ProcessEnv = world.environment
): NodeJS.ProcessEnv {
  const place = mkdtempSync(path.join(folder, 'bin-'))
  const real = execFileSync('which', ['docker'], { env: environment, encoding: 'utf8' }).trim()
  const script = ['#!/bin/sh', `real=${real}`, ...lines, 'exec $real "$@"']
  writeFileSync(path.join(place, 'docker'), `${script.join('\n')}\n`, { mode: 0o755 })
  return { ...environment, PATH: `${place}:${environment['PATH']}` }
}

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

export function containerLog(name: string, environment = world.environment): string {
  const { stdout, stderr } = spawnSync('docker', ['logs', name], { env: environment, encoding: 'utf8' })
  return stdout + stderr
}

/**
 * Waits until the log of a container has the text, and returns the log: the engine stores a line some time after the application wrote
 * it, and lines of stdout and stderr in any order. An error with the log after 20 seconds.
 */
export async function untilLogged(
  name: string,
  text: string | RegExp,
  environment = world.environment
): Promise<string> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const log = containerLog(name, environment)
    if (typeof text === 'string' ? log.includes(text) : text.test(log)) return log
    if (Date.now() > deadline) throw new Error(`${name} did not log ${text}, but:\n${log}`)
    await sleep(50)
  }
}

/** Starts an image as its user would, gives it to the work, and removes it. */
export async function withStarted<T>(
  options: Omit<StartOptions, 'environment' | 'name' | 'port'> &
    Partial<Pick<StartOptions, 'environment' | 'port'>>,
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

/** What `docker run` needs for a pulled image: where it is, and the very flags that the step printed. */
interface Pulled {
  environment: NodeJS.ProcessEnv
  image: string
  flags: string[]
}

/** Pulls a pushed image by its digest on a machine that has nothing of it; where the lab did not start Docker, as pulledAgain. */
export async function pulledElsewhere<T>(
  tag: string,
  step: StepResult,
  work: (pulled: Pulled) => Promise<T>
): Promise<T> {
  if (!world.ownDocker) return await pulledAgain(tag, step, work)
  docker('image', 'rm', '--force', tag)
  return await withEmptyDocker(labHome(), async (environment) => {
    if (dockerAt(environment, 'image', 'ls', '--all', '--quiet') !== '')
      throw new Error('Docker is not empty')
    return await pulledAgain(tag, step, work, environment)
  })
}

/** Removes an image that was pushed, and pulls it by its digest: what is started then came from the registry. */
export async function pulledAgain<T>(
  tag: string,
  step: StepResult,
  work: (pulled: Pulled) => Promise<T>,
  environment = world.environment
): Promise<T> {
  const image = byDigest(tag, step)
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-pulled-'))
  const file = path.join(folder, 'seccomp.json')
  dockerAt(environment, 'image', 'rm', '--force', tag)
  try {
    dockerAt(environment, 'pull', '--quiet', image)
    const profile = ['run', '--rm', '--entrypoint', 'cat', image, '/opt/crac-checkpoint/seccomp.json']
    writeFileSync(file, dockerAt(environment, ...profile))
    const flags = (step.outputs['restore-flags'] ?? '')
      .split(' ')
      .map((flag) => flag.replace('seccomp=seccomp.json', `seccomp=${file}`))
    return await work({ environment, image, flags })
  } finally {
    dockerAt(environment, 'image', 'rm', '--force', image)
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
      // These take most of the time of a run: tests that are about them, or about the whole job, set them.
      ...('verify-runs' in inputs ? {} : { verify: 'false' }),
      ...('secret-scan' in inputs ? {} : { 'secret-scan': 'off' }),
      ...('archive' in inputs ? {} : { archive: 'off' }),
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

/** The digests of an image's layers, by the instruction that made each. */
export function layersOf(image: string): Map<string, string> {
  const digests = docker('image', 'inspect', '--format', '{{join .RootFS.Layers " "}}', image).split(' ')
  // The newest is first. Only these instructions make layers; what the base image has before them does not count.
  const made = docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', image)
    .split('\n')
    .filter((instruction) => /^(COPY|ADD|RUN|WORKDIR) /.test(instruction))
  return new Map(made.map((instruction, index) => [instruction, digests.at(-1 - index) ?? '']))
}

export function byDigest(tag: string, step: StepResult): string {
  return `${tag.slice(0, tag.lastIndexOf(':'))}@${step.outputs['digest']}`
}

type Classes = readonly [string, ...string[]]

/** Compiles classes of __tests__/e2e/applications into a jar that runs the first; gives a new folder that holds it. */
export function buildFixture(...names: Classes): { context: string; remove: () => void } {
  const context = mkdtempSync(path.join(tmpdir(), 'e2e-fixture-'))
  copyFileSync(fixtureJar(...names), path.join(context, 'app.jar'))
  return { context, remove: () => rmSync(context, { recursive: true, force: true }) }
}

/** The jar of these classes, which is made once for all tests. */
export function fixtureJar(...names: Classes): string {
  const root = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../../..')
  // The jdk.crac API comes from the JDK at run time; here only its sources are needed.
  const api = path.join(root, 'lab/jdk/java')
  const sources = names.map((name) => path.join(root, '__tests__/e2e/applications', `${name}.java`))
  const hash = createHash('sha256').update(names.join())
  for (const source of sources) hash.update(readFileSync(source))
  const jar = path.join(labHome(), 'fixtures', `${hash.digest('hex').slice(0, 16)}.jar`)
  if (existsSync(jar)) return jar
  mkdirSync(path.dirname(jar), { recursive: true })
  const work = mkdtempSync(path.join(path.dirname(jar), 'build-'))
  const classes = path.join(work, 'classes')
  // A class may have a name that is not ASCII.
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  const javac = ['--release', '17', '-implicit:none', '-sourcepath', api, '-d', classes, ...sources]
  execFileSync('javac', javac, { env })
  const made = path.join(work, 'app.jar')
  execFileSync('jar', ['--create', '--file', made, '--main-class', names[0], '-C', classes, '.'], { env })
  renameSync(made, jar)
  rmSync(work, { recursive: true })
  return jar
}

/** Adds a class with these members to a jar. */
export function addClass(jar: string, name: string, members: string): void {
  const work = mkdtempSync(path.join(tmpdir(), 'e2e-class-'))
  writeFileSync(path.join(work, `${name}.java`), `public class ${name} { ${members} }`)
  execFileSync('javac', ['--release', '17', `${name}.java`], { cwd: work })
  execFileSync('jar', ['--update', '--file', jar, `${name}.class`], { cwd: work })
  rmSync(work, { recursive: true })
}
