import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  annotations,
  available,
  buildFixture,
  docker,
  dockerAt,
  engineContents,
  engineTest,
  freshTag,
  labTest,
  pulledElsewhere,
  registryDigest,
  runAction,
  withEngine,
  withStarted
} from './support/lab.js'

// What differs from one machine to another: where the engine keeps images, what builds them, what starts them.
describe('an engine', () => {
  const temporary = mkdtempSync(path.join(tmpdir(), 'e2e-engines-'))
  let fixture: ReturnType<typeof buildFixture>
  beforeAll(() => {
    if (available) fixture = buildFixture('Server')
  })
  afterAll(() => {
    rmSync(temporary, { recursive: true })
    if (available) fixture.remove()
  })

  async function job(
    tag: string,
    inputs: Record<string, string>,
    environment?: NodeJS.ProcessEnv
  ): Promise<StepResult> {
    const given = { context: fixture.context, tags: tag, push: 'true', ...inputs }
    const step = await runAction(given, environment === undefined ? {} : { environment })
    expect(annotations(step, 'error')).toEqual([])
    expect(await registryDigest(tag)).toBe(step.outputs['digest'])
    expect(step.left).toEqual([])
    return step
  }

  async function answersElsewhere(tag: string, step: StepResult): Promise<void> {
    await pulledElsewhere(tag, step, (pulled) =>
      withStarted(pulled, async (started) => {
        expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
        const log = dockerAt(pulled.environment, 'logs', started.name)
        expect(log).not.toContain('starting the application normally')
      })
    )
  }

  engineTest("with containerd's image store: the job, and a rebuild that has nothing to do", async () => {
    const tag = freshTag('containerd')
    await withEngine({ 'containerd-snapshotter': true }, async (environment) => {
      expect(dockerAt(environment, 'info', '--format', '{{.DriverStatus}}')).toContain('containerd')
      const before = engineContents(environment)
      const first = await job(tag, {}, environment)
      expect(first.log).toContain('building with "default" instance')
      const id = dockerAt(environment, 'image', 'inspect', '--format', '{{.Id}}', tag)
      expect(first.outputs['imageid']).toBe(id)
      await answersElsewhere(tag, first)

      const again = await job(tag, { 'skip-unchanged': 'true' }, environment)
      expect(again.outputs).toMatchObject({ skipped: 'true', digest: first.outputs['digest'] })
      dockerAt(environment, 'image', 'rm', '--force', tag)
      expect(engineContents(environment)).toBe(before)
    })
  })

  engineTest('without buildx: the classic builder, which leaves nothing behind either', async () => {
    const tag = freshTag('classic')
    await withEngine({}, async (own) => {
      const environment = { ...own, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: temporary }
      const before = engineContents(environment)
      const step = await job(tag, {}, environment)
      expect(step.log).toContain('The legacy builder is deprecated')
      await answersElsewhere(tag, step)
      dockerAt(environment, 'image', 'rm', '--force', tag)
      expect(engineContents(environment)).toBe(before)
    })
  })

  labTest('with docker compose: the printed file, as it is', async () => {
    const tag = freshTag('compose')
    const port = String(await freePort())
    const step = await job(tag, { port, 'java-options': `-Dport=${port}` })
    await pulledElsewhere(tag, step, async ({ environment, image }) => {
      const folder = mkdtempSync(path.join(temporary, 'compose-'))
      const profile = ['run', '--rm', '--entrypoint', 'cat', image, '/opt/crac-checkpoint/seccomp.json']
      writeFileSync(path.join(folder, 'seccomp.json'), dockerAt(environment, ...profile))
      writeFileSync(path.join(folder, 'compose.yaml'), step.outputs['compose'] ?? '')
      const compose = (...args: string[]): string => {
        const options = { env: environment, cwd: folder, encoding: 'utf8' } as const
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
    docker('image', 'rm', '--force', tag)
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
