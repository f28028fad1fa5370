import { expect } from '@jest/globals'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PROJECT } from '../../../lab/home.js'
import { ensureMavenBuild } from '../../../lab/maven.js'
import { progressOnStderr } from '../../../lab/progress.js'
import type { StepResult } from '../../../lab/runner.js'
import { callUntilAnswer, type StartedImage } from '../../../lab/started-image.js'
import { docker, freshTag, JAVA, pulledAgain, runAction, withStarted, world } from './lab.js'

const LONG = path.join(PROJECT, '__tests__/e2e/long')

/** Fails instead of a normal start: what answers was restored. */
export const RESTORED = { CRAC_ON_RESTORE_FAILURE: 'exit' }

/** What the image that is made sets itself (docs/image.md), and what only shells and launchers set or remove. */
const NOT_COMPARED =
  /^(?:HOME|JAVA_HOME|HOSTNAME|LANG|CRAC_\w+|CNB_\w+|GLIBC_TUNABLES|HOTSPOT_\w+|_|PWD|OLDPWD|SHLVL)=/

/** Returns the folder of an application for images, after its build. */
export async function applicationForImages(name: 'plain' | 'quarkus' | 'spring'): Promise<string> {
  const sources = path.join(LONG, 'applications', `image-${name}`)
  await ensureMavenBuild(sources, world, progressOnStderr)
  return sources
}

/** Builds the Dockerfile of a maker with its files, and with the build of an application as `target`. */
function buildAs(maker: string, tag: string, application?: string, args: Record<string, string> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-maker-'))
  try {
    cpSync(path.join(LONG, 'makers', maker), folder, { recursive: true })
    const target = application && path.join(application, 'target')
    if (target !== undefined && existsSync(target))
      cpSync(target, path.join(folder, 'target'), { recursive: true })
    const options = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
    docker('build', '--quiet', '--tag', tag, ...options, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Builds the image with a Java that makers take as their base, and pushes it to the registry of the lab. */
export function javaImage(): string {
  const tag = `${world.registry}/e2e/java:${JAVA}`
  buildAs('java', tag, undefined, { BASE: world.baseImage, JAVA: String(JAVA) })
  docker('push', '--quiet', tag)
  return tag
}

/** Runs the action on an image, and pushes what it makes; an error with the log if it fails or leaves files. */
export async function made(inputs: Record<string, string>): Promise<StepResult> {
  const step = await runAction({ context: '.', push: 'true', 'startup-timeout': '5m', ...inputs })
  if (step.exitCode !== 0 || step.left.length > 0) throw new Error([step.log, ...step.left].join('\n'))
  return step
}

/** Builds the image of a maker with an application, and runs the action on it; `java` is the image with its Java. */
export async function remade(
  maker: string,
  application: Parameters<typeof applicationForImages>[0],
  java: string
): Promise<{ original: string; tag: string; step: StepResult }> {
  const [original, tag] = [freshTag(`${maker}-original`), freshTag(maker)]
  buildAs(maker, original, await applicationForImages(application), { JAVA_IMAGE: java })
  return { original, tag, step: await made({ image: original, tags: tag }) }
}

/** What a started image answers, and its exit code after `docker stop`. */
interface Observed {
  answer: string[]
  exitCode: string
}

/** Starts the image of a maker as its user would; `flags` are those of `docker run`. */
async function observed(started: Parameters<typeof withStarted>[0]): Promise<Observed> {
  return await withStarted(started, async (one: StartedImage) => {
    const answer = (await callUntilAnswer(one)).trimEnd().split('\n')
    docker('stop', '--time', '20', one.name)
    return { answer, exitCode: docker('inspect', '--format', '{{.State.ExitCode}}', one.name) }
  })
}

/** Returns an answer without what is not compared, with PATH as it is behind that of the JDK. */
const compared = ({ answer, exitCode }: Observed, except: readonly RegExp[]): Observed => ({
  answer: answer
    .filter((line) => !except.some((one) => one.test(line)))
    .map((line) => line.replace(/^PATH=\/opt\/crac-java\/bin:/, 'PATH=')),
  exitCode
})

/** What of the configuration of an image stays as it is. */
interface Config {
  User: string
  Labels?: Record<string, string> | null
  ExposedPorts?: Record<string, object> | null
  Volumes?: Record<string, object> | null
}

const configOf = (image: string): Config =>
  JSON.parse(docker('image', 'inspect', '--format', '{{json .Config}}', image)) as Config

export interface Comparison {
  original: string
  /** Flags of `docker run` for the original. */
  flags?: string[]
  /** Lines of the answer that docs/image.md has among the changes. */
  changed?: RegExp
  /** Lines of the answer that a restored application does not have. */
  notRestored?: RegExp
}

/** Expects of an image that was pushed what the original does: restored by its digest, and started normally. */
export async function expectSame(
  tag: string,
  step: StepResult,
  { original, flags = [], changed = /^$/, notRestored = /^$/ }: Comparison
): Promise<void> {
  const same = (one: Observed, ...except: RegExp[]): Observed =>
    compared(one, [NOT_COMPARED, changed, ...except])
  const before = await observed({ image: original, flags })
  expect(before.exitCode).toBe('143')
  const { User, Labels, ExposedPorts, Volumes } = configOf(original)
  await pulledAgain(tag, step, async (pulled) => {
    const restored = await observed({ ...pulled, variables: RESTORED })
    expect(same(restored, notRestored)).toEqual(same(before, notRestored))
    const started = await observed({ ...pulled, variables: { CRAC_RESTORE: 'false' } })
    expect(same(started)).toEqual(same(before))
    expect(configOf(pulled.image)).toMatchObject({
      // A user without a group is in the group that its container had; the working folder is that of java, which is in the answers.
      ...{ User: User.includes(':') ? User : expect.stringMatching(`^${User}(?::\\d+)?$`) },
      ...{ Labels: Labels ?? {}, ExposedPorts: ExposedPorts ?? {}, ...(Volumes ? { Volumes } : {}) }
    })
  })
}

/** Pushes an index in which the manifest of a tag is that of this machine, and the first one, which cannot be pulled, is of another. */
export async function pushIndex(repository: string, tag: string): Promise<string> {
  const at = `http://${world.registry}/v2/${repository}/manifests/`
  const types = ['oci.image.manifest.v1+json', 'docker.distribution.manifest.v2+json']
  const [oci, v2] = [`application/vnd.${types[0]}`, `application/vnd.${types[1]}`]
  const response = await fetch(`${at}${tag}`, { headers: { accept: `${oci}, ${v2}` } })
  const text = await response.text()
  const manifest = JSON.parse(text) as { mediaType?: string; layers: unknown[] }
  const mediaType = manifest.mediaType ?? oci
  const put = async (reference: string, type: string, body: string): Promise<void> => {
    const sent = await fetch(`${at}${reference}`, { method: 'PUT', headers: { 'content-type': type }, body })
    if (!sent.ok) throw new Error(`${sent.status} ${await sent.text()}`)
  }
  const broken = JSON.stringify({ ...manifest, layers: [] })
  const described = (body: string, architecture: string): object => ({
    ...{ mediaType, size: body.length, digest: digestOf(body) },
    platform: { architecture, os: 'linux' }
  })
  const [own, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64']
  await put(digestOf(broken), mediaType, broken)
  const type = 'application/vnd.docker.distribution.manifest.list.v2+json'
  const manifests = [described(broken, other), described(text, own)]
  const index = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests })
  await put('index', type, index)
  return digestOf(index)
}

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
