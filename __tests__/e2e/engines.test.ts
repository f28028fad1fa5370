import { expect } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { CONTAINERD_STORE } from '../../lab/docker/kind.js'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import { withEngine } from './support/engines.js'
import {
  dockerAt,
  e2eSuite,
  engineContents,
  engineTest,
  freshTag,
  labTest,
  pulledAgain,
  registryDigest,
  withStarted,
  world
} from './support/lab.js'
import { layersBelowSnapshot } from './support/pushed-image.js'

// What differs from one machine to another: where the engine keeps images, what builds them, what starts them.
e2eSuite('Docker', ['Server'], ({ folder, job: run }) => {
  async function job(
    tag: string,
    inputs: Record<string, string>,
    environment = world.environment
  ): Promise<StepResult> {
    const step = await run({ tags: tag, push: 'true', ...inputs }, { environment })
    expect(await registryDigest(tag)).toBe(step.outputs['digest'])
    return step
  }

  /** On the engine that all tests use, and that has nothing of this image. */
  async function answersElsewhere(tag: string, step: StepResult): Promise<void> {
    await pulledAgain(tag, step, (pulled) =>
      withStarted(pulled, async (started) => {
        expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
        const log = dockerAt(pulled.environment, 'logs', started.name)
        expect(log).not.toContain('starting the application normally')
      })
    )
  }

  /** Digests of the layers below the snapshot, by the engine that made them. */
  const below = new Map<string, string[]>()

  engineTest(
    "with containerd's image store the job works, and an unchanged rebuild does nothing",
    async () => {
      const tag = freshTag('containerd')
      await withEngine({ settings: CONTAINERD_STORE }, async (environment) => {
        expect(dockerAt(environment, 'info', '--format', '{{.DriverStatus}}')).toContain('containerd')
        const before = engineContents(environment)
        const first = await job(tag, {}, environment)
        expect(first.log).toContain('building with "default" instance')
        const id = dockerAt(environment, 'image', 'inspect', '--format', '{{.Id}}', tag)
        expect(first.outputs['imageid']).toBe(id)
        expect(first.log).not.toContain('Docker did not load the snapshot as a layer')
        below.set('containerd', await layersBelowSnapshot(tag, first))
        await answersElsewhere(tag, first)

        const again = await job(tag, { 'skip-unchanged': 'true' }, environment)
        expect(again.outputs).toMatchObject({ skipped: 'true', digest: first.outputs['digest'] })
        dockerAt(environment, 'image', 'rm', '--force', tag)
        expect(engineContents(environment)).toBe(before)
      })
    }
  )

  engineTest('without buildx the classic builder works, and leaves nothing behind', async () => {
    const tag = freshTag('classic')
    await withEngine({}, async (own) => {
      const environment = { ...own, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: folder }
      const before = engineContents(environment)
      const step = await job(tag, {}, environment)
      expect(step.log).toContain('The legacy builder is deprecated')
      below.set('classic', await layersBelowSnapshot(tag, step))
      await answersElsewhere(tag, step)
      dockerAt(environment, 'image', 'rm', '--force', tag)
      expect(engineContents(environment)).toBe(before)
    })
  })

  engineTest('the layers below the snapshot that have files are the same in both image stores', () => {
    const layers = below.get('containerd') ?? []
    // BuildKit writes all layers without files alike; the classic builder does not write the same ones.
    const withFiles = layers.filter((layer) => layers.indexOf(layer) === layers.lastIndexOf(layer))
    expect(withFiles.length).toBeGreaterThan(5)
    expect(below.get('classic')).toEqual(expect.arrayContaining(withFiles))
  })

  labTest('docker compose starts the printed file as it is', async () => {
    const tag = freshTag('compose')
    const port = String(await freePort())
    const step = await job(tag, { port, 'java-options': `-Dport=${port}` })
    await pulledAgain(tag, step, async ({ environment, image }) => {
      const project = mkdtempSync(path.join(folder, 'compose-'))
      const profile = ['run', '--rm', '--entrypoint', 'cat', image, '/opt/crac-checkpoint/seccomp.json']
      writeFileSync(path.join(project, 'seccomp.json'), dockerAt(environment, ...profile))
      writeFileSync(path.join(project, 'compose.yaml'), step.outputs['compose'] ?? '')
      const compose = (...args: string[]): string => {
        const options = { env: environment, cwd: project, encoding: 'utf8' } as const
        const { status, stdout, stderr } = spawnSync('docker', ['compose', ...args], options)
        if (status !== 0) throw new Error(`docker compose ${args.join(' ')}: ${stderr}`)
        return stdout
      }
      expect(compose('config')).toContain(image)
      compose('up', '--detach', '--quiet-pull')
      try {
        const started = { name: 'app', url: `http://localhost:${port}/` }
        expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
        expect(compose('logs')).not.toContain('starting the application normally')
      } finally {
        compose('down')
      }
      expect(dockerAt(environment, 'ps', '--all', '--quiet')).toBe('')
    })
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
