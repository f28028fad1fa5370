import { expect } from '@jest/globals'
import type { EngineOptions } from '../../../lab/docker/empty-docker.js'
import { callUntilAnswer } from '../../../lab/started-image.js'
import { CONTAINERD_STORE, withEngine } from '../support/engines.js'
import {
  containerLog,
  dockerAt,
  e2eSuite,
  engineContents,
  engineTest,
  freshTag,
  pulledAgain,
  pulledElsewhere,
  registryDigest,
  withStarted
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
    options: CONTAINERD_STORE
  },
  { engine: 'Docker 28 with overlay2', version: /^28\./, store: 'overlay2', options: FORKY },
  {
    engine: "Docker 28 with containerd's image store",
    version: /^28\./,
    store: 'overlayfs',
    options: { ...FORKY, ...CONTAINERD_STORE }
  }
]

const MINUTES = 60_000
const WHOLE = { push: 'true', 'verify-runs': '1', 'secret-scan': 'fail', archive: 'auto' }

type Pulled = Parameters<Parameters<typeof pulledAgain>[2]>[0]

async function restores({ flags, ...pulled }: Pulled): Promise<void> {
  // Without its fallback: what answers was restored.
  const exit = ['--env', 'CRAC_ON_RESTORE_FAILURE=exit']
  await withStarted({ ...pulled, flags: [...flags, ...exit] }, async (started) => {
    expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
    expect(containerLog(started.name, pulled.environment)).not.toContain('starting the application normally')
  })
}

// The whole job with its proof, on each engine that the lab can start.
e2eSuite('the engines', ['Server'], ({ folder, job }) => {
  /** Layers that do not depend on the run, by the engine that made them. */
  const below = new Map<string, PushedImage['layers']>()

  engineTest.each(ENGINES)(
    '$engine: the image that is pushed is the one that was proved, and restores where it is pulled',
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

        await pulledAgain(tag, made, restores, environment)
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
        // BuildKit writes all layers without files alike; the classic builder does not write the same ones.
        const digests = (below.get(ENGINES[0]?.engine ?? '') ?? []).map(({ digest }) => digest)
        const withFiles = digests.filter((digest) => digests.indexOf(digest) === digests.lastIndexOf(digest))
        expect(withFiles.length).toBeGreaterThan(5)
        expect(layers).toEqual(expect.arrayContaining(withFiles))
      })
    },
    10 * MINUTES
  )

  engineTest('all layers but the snapshot and the archive of classes are the same from each engine', () => {
    const [first, ...others] = [...below.values()]
    expect(others.length).toBe(ENGINES.length - 1)
    expect(first?.length).toBeGreaterThan(7)
    for (const layers of others) expect(layers).toEqual(first)
  })
})

function ofEveryRun({ layers }: PushedImage): PushedImage['layers'] {
  return layers.filter(
    ({ createdBy }, index) =>
      index < layers.length - 2 || !/^COPY (?:snapshot|trees\/archive\/) \//.test(createdBy)
  )
}
