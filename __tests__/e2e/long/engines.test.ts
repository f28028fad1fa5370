import { expect } from '@jest/globals'
import { createHash } from 'node:crypto'
import { withEmptyDocker, type EngineOptions } from '../../../lab/docker/empty-docker.js'
import { CONTAINERD_STORE } from '../../../lab/docker/kind.js'
import { labHome } from '../../../lab/home.js'
import { callUntilAnswer } from '../../../lab/started-image.js'
import { ALL_DENIED, CALLS } from '../support/denied-calls.js'
import { withEngine } from '../support/engines.js'
import {
  docker,
  dockerAt,
  e2eSuite,
  engineContents,
  engineTest,
  freshTag,
  pulledAgain,
  pulledElsewhere,
  registryDigest,
  untilLogged,
  withStarted,
  world
} from '../support/lab.js'
import { pushedImage, type PushedImage } from '../support/pushed-image.js'
import { savedImage } from '../support/saved-image.js'

interface Case {
  engine: string
  version: RegExp
  store: 'overlay2' | 'overlayfs'
  options: EngineOptions
}

const FORKY = { suite: 'forky' } as const
const ENGINES: Case[] = [
  { engine: 'Docker 26 with overlay2', version: /^26\./, store: 'overlay2', options: {} },
  {
    engine: "Docker 26 with containerd's image store",
    version: /^26\./,
    store: 'overlayfs',
    options: { settings: CONTAINERD_STORE }
  },
  { engine: 'Docker 28 with overlay2', version: /^28\./, store: 'overlay2', options: FORKY },
  {
    engine: "Docker 28 with containerd's image store",
    version: /^28\./,
    store: 'overlayfs',
    options: { ...FORKY, settings: CONTAINERD_STORE }
  },
  {
    engine: 'Docker 28 with user-namespace remapping',
    version: /^28\./,
    store: 'overlay2',
    options: { ...FORKY, settings: { 'userns-remap': 'default' } }
  }
]

const MINUTES = 60_000
const WHOLE = { push: 'true', 'verify-runs': '1', 'secret-scan': 'fail', archive: 'auto' }

/** Answer of the application, which still has what it wrote before the checkpoint. */
const ANSWER = 'null|null|[]|true'

type Pulled = Parameters<Parameters<typeof pulledAgain>[2]>[0]

/** Flags beside those that the action prints. */
const STARTS = [[], ['--init'], ['--read-only'], ['--read-only', '--tmpfs', '/tmp:exec']]

async function restores(pulled: Pulled, more: string[] = []): Promise<void> {
  // Without its fallback: what answers was restored.
  const flags = [...pulled.flags, ...more, '--env', 'CRAC_ON_RESTORE_FAILURE=exit']
  await withStarted({ ...pulled, flags }, async (started) => {
    expect(await callUntilAnswer(started)).toBe(ANSWER)
    if (process.arch === 'x64')
      expect(dockerAt(pulled.environment, 'exec', started.name, 'perl', '-e', CALLS)).toBe(ALL_DENIED)
  })
}

async function namesTheProcessId(pulled: Pulled): Promise<void> {
  await withStarted(pulled, async (one) => {
    await callUntilAnswer(one)
    const flags = [...pulled.flags, '--pid', `container:${one.name}`]
    await withStarted({ ...pulled, flags }, async (other) => {
      expect(await callUntilAnswer(other)).toBe(ANSWER)
      const line =
        /starting the application normally\. Cause: the process id \d+, which the snapshot needs, is in use/
      await untilLogged(other.name, line, pulled.environment)
    })
  })
}

// The whole job with its proof, on each engine that the lab can start.
e2eSuite('the engines', ['Server'], ({ folder, job }) => {
  /** Layers that do not depend on the run, by the engine that made them. */
  const below = new Map<string, PushedImage['layers']>()

  engineTest.each(ENGINES)(
    '$engine: the image that is pushed is the one that was proved, and restores or says why not',
    async ({ engine, version, store, options }) => {
      const tag = freshTag('engines')
      const step = await withEngine(options, async (environment) => {
        expect(dockerAt(environment, 'version', '--format', '{{.Server.Version}}')).toMatch(version)
        expect(dockerAt(environment, 'info', '--format', '{{.Driver}}')).toBe(store)
        const before = engineContents(environment)
        const made = await job({ tags: tag, ...WHOLE }, { environment })
        expect(made.log).not.toContain('Docker did not load the snapshot as a layer')
        expect(await registryDigest(tag)).toBe(made.outputs['digest'])

        const image = await pushedImage(tag, made)
        const saved = savedImage(environment, tag)
        expect(saved.configuration).toBe(image.configuration)
        const id = dockerAt(environment, 'image', 'inspect', '--format', '{{.Id}}', tag)
        expect(made.outputs['imageid']).toBe(id)
        // The id of an image in containerd is the digest of its manifest on this machine.
        expect(id === image.configuration).toBe(store === 'overlay2')
        // Nothing was compressed for Docker alone.
        expect(saved.mediaTypes.filter((type) => !type.endsWith('.tar'))).toEqual([])

        const starts = async (pulled: Pulled): Promise<void> => {
          for (const more of STARTS) await restores(pulled, more)
          await namesTheProcessId(pulled)
        }
        await pulledAgain(tag, made, starts, environment)
        expect(engineContents(environment)).toBe(before)
        below.set(engine, ofEveryRun(image))
        return made
      })
      await pulledElsewhere(tag, step, restores)
    },
    10 * MINUTES
  )

  engineTest(
    'Docker 28 without buildx: the classic builder works, and leaves nothing behind',
    async () => {
      const tag = freshTag('engines-classic')
      await withEngine(FORKY, async (own) => {
        const environment = { ...own, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: folder }
        const before = engineContents(environment)
        const step = await job({ tags: tag, ...WHOLE }, { environment })
        expect(step.log).toContain('The legacy builder is deprecated')
        await pulledAgain(tag, step, restores, environment)
        expect(engineContents(environment)).toBe(before)
        const layers = ofEveryRun(await pushedImage(tag, step)).map(({ digest }) => digest)
        const files = withFiles().map((index) => reference()[index]?.digest)
        expect(layers).toEqual(expect.arrayContaining(files))
      })
    },
    10 * MINUTES
  )

  engineTest(
    'the layers with files are the same from each engine, all but the snapshot and the archive',
    () => {
      expect(below.size).toBe(ENGINES.length)
      expect(withFiles().length).toBeGreaterThan(6)
      for (const layers of below.values()) {
        expect(layers.map(({ createdBy }) => createdBy)).toEqual(
          reference().map(({ createdBy }) => createdBy)
        )
        for (const index of withFiles()) expect(layers[index]).toEqual(reference()[index])
      }
    }
  )

  engineTest.each(ENGINES.slice(2, 4))(
    '$engine: the layers of a base image at the registry of the tag are taken over as they are',
    async ({ options }) => {
      const [base, tag] = [freshTag('engines-base'), freshTag('engines-based')]
      docker('tag', world.baseImage, base)
      docker('push', '--quiet', base)
      docker('image', 'rm', base)
      const { layers } = await pushedImage(base)
      await withEmptyDocker(
        labHome(),
        async (environment) => {
          const step = await job({ tags: tag, push: 'true', 'base-image': base }, { environment })
          const pushed = (await pushedImage(tag, step)).layers.slice(0, layers.length)
          expect(pushed.map(({ diffId }) => diffId)).toEqual(layers.map(({ diffId }) => diffId))
          expect(pushed.map(({ digest }) => digest)).toEqual(layers.map(({ digest }) => digest))
        },
        options
      )
    },
    10 * MINUTES
  )

  const reference = (): PushedImage['layers'] => below.get("Docker 28 with containerd's image store") ?? []
  /** Positions of the layers with files: for the others, containerd's image store has an archive without entries. */
  const withFiles = (): number[] =>
    reference().flatMap(({ diffId }, index) => (diffId === NO_ENTRIES ? [] : [index]))
})

/** Digest of a tar archive without entries, which is 1024 bytes of zero. */
const NO_ENTRIES = `sha256:${createHash('sha256').update(Buffer.alloc(1024)).digest('hex')}`

function ofEveryRun({ layers }: PushedImage): PushedImage['layers'] {
  return layers.filter(
    ({ createdBy }, index) =>
      index < layers.length - 2 || !/^COPY (?:snapshot|trees\/archive\/) \//.test(createdBy)
  )
}
