import { afterAll, beforeAll, beforeEach, describe, expect } from '@jest/globals'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { startRegistryFront, type Fault, type RegistryFront } from '../../lab/registry-front.js'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  annotations,
  available,
  buildFixture,
  docker,
  dockerAt,
  errorOf,
  freshTag,
  labTest,
  pulledElsewhere,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'

interface Case {
  name: string
  faults: Fault[]
  /** Of the message; undefined where it passes by itself. */
  says: RegExp | undefined
  /** How often such a request was made; a push sends the snapshot and the configuration, one after the other. */
  made: number
}

const BLOB = /\/blobs\/uploads\/.+/
const TAG = /\/manifests\/crac$/
const SECOND_TAG = /\/manifests\/second$/
const BY_DIGEST = /\/manifests\/sha256:/

const CASES: Case[] = [
  {
    name: 'a refusal is told with its fix, and not tried again',
    faults: [
      {
        method: 'POST',
        path: /uploads/,
        status: 403,
        error: ['DENIED', 'requested access to the resource is denied']
      }
    ],
    says: /denied access [^]*docker\/login-action/,
    made: 1
  },
  {
    name: 'a rate limit that ends soon is waited for',
    faults: [
      {
        method: 'PUT',
        path: TAG,
        times: 1,
        status: 429,
        headers: { 'retry-after': '1' },
        error: ['TOOMANYREQUESTS', 'slow down']
      }
    ],
    says: undefined,
    made: 2
  },
  {
    name: 'a rate limit that lasts is told',
    faults: [
      {
        method: 'POST',
        path: /uploads/,
        status: 429,
        headers: { 'retry-after': '3600' },
        error: ['TOOMANYREQUESTS', 'slow down']
      }
    ],
    says: /rate limit of the registry is exceeded/,
    made: 1
  },
  {
    name: 'a fault of the registry may happen twice',
    faults: [{ method: 'PUT', path: BLOB, times: 2, status: 500 }],
    says: undefined,
    made: 4
  },
  {
    name: 'a connection that is reset is made again',
    faults: [{ method: 'PUT', path: BLOB, times: 1 }],
    says: undefined,
    made: 3
  },
  {
    name: 'a fault of the registry that stays is told',
    faults: [{ method: 'PUT', path: BLOB, status: 503 }],
    says: /had an internal error [^]*503 Service Unavailable/,
    made: 3
  },
  {
    name: 'a manifest that is not taken moves no tag, though all of the content is there',
    faults: [{ method: 'PUT', path: BY_DIGEST, status: 500 }],
    says: /had an internal error/,
    made: 3
  },
  {
    name: 'a second tag that is refused: the first is put back',
    faults: [
      {
        method: 'PUT',
        path: SECOND_TAG,
        status: 403,
        error: ['DENIED', 'requested access to the resource is denied']
      }
    ],
    says: /second could not be pushed: [^]*:crac was put back to sha256:[0-9a-f]{64}\. [^]*:second is unchanged\./,
    made: 1
  },
  {
    name: 'a registry that names another digest is not believed',
    faults: [{ method: 'PUT', path: BY_DIGEST, digest: `sha256:${'0'.repeat(64)}` }],
    says: /the registry has sha256:0{64}, but sha256:[0-9a-f]{64} was pushed/,
    made: 1
  }
]

// The registry is the lab's; what goes wrong stands in front of it.
describe('a push', () => {
  const temporary = mkdtempSync(path.join(tmpdir(), 'e2e-push-'))
  const name = available
    ? freshTag('push')
        .replace(/^[^/]+\//, '')
        .replace(/:crac$/, '')
    : ''
  let front: RegistryFront
  let fixture: ReturnType<typeof buildFixture>
  const tags = (address = front.address): string[] => [`${address}/${name}:crac`, `${address}/${name}:second`]

  beforeAll(async () => {
    if (!available) return
    fixture = buildFixture('Server')
    front = await startRegistryFront(world.registry)
    const first = await push()
    if (first.exitCode !== 0) throw new Error(first.log)
  }, 120_000)
  beforeEach(() => {
    if (!available) return
    front.script()
    front.requests.length = 0
  })
  afterAll(async () => {
    rmSync(temporary, { recursive: true })
    if (!available) return
    fixture.remove()
    docker('image', 'rm', '--force', ...tags())
    await front.close()
  })

  async function push(
    inputs: Record<string, string> = {},
    environment: NodeJS.ProcessEnv = {}
  ): Promise<StepResult> {
    return await runAction(
      { context: fixture.context, tags: tags().join('\n'), push: 'true', ...inputs },
      // The pauses between tries are for registries that need time.
      { environment: { ...world.environment, CRAC_CHECKPOINT_PATIENCE: '0.1', ...environment } }
    )
  }
  const digests = async (): Promise<(string | undefined)[]> =>
    await Promise.all(tags(world.registry).map(registryDigest))
  const made = ({ method, path: wanted }: Fault): number =>
    front.requests.filter((line) => line.startsWith(`${method} `) && wanted.test(line)).length

  labTest.each(CASES)('$name', async ({ faults, says, made: times }) => {
    const before = await digests()
    front.script(...faults)
    const faulty = await push()
    const [fault] = faults
    expect(fault && made(fault)).toBe(times)
    if (says === undefined) {
      expect(annotations(faulty, 'error')).toEqual([])
      expect(await digests()).toEqual([faulty.outputs['digest'], faulty.outputs['digest']])
      return
    }
    expect(faulty.exitCode).toBe(1)
    expect(errorOf(faulty)).toMatch(says)
    expect(errorOf(faulty)).toContain('category: registry')
    expect(await digests()).toEqual(before)
    expect(faulty.left).toEqual([])

    front.script()
    const good = await push()
    expect(annotations(good, 'error')).toEqual([])
    expect(await digests()).toEqual([good.outputs['digest'], good.outputs['digest']])
    expect(await digests()).not.toEqual(before)
  })

  labTest('a new tag is gone again when the one after it fails', async () => {
    const [first, second] = [freshTag('push-new'), freshTag('push-none')].map((tag) =>
      tag.replace(world.registry, front.address)
    )
    front.script({ method: 'PUT', path: /push-none.*\/manifests\/crac$/, status: 403 })
    const step = await push({ tags: `${first}\n${second}` })
    expect(errorOf(step)).toMatch(/push-new-\S+, which is new, was removed again\./)
    for (const tag of [first, second])
      expect(await registryDigest((tag ?? '').replace(front.address, world.registry))).toBeUndefined()
  })

  labTest('to a registry that wants a login needs what docker login left, and says so without', async () => {
    const guarded = await startRegistryFront(world.registry, 'robot:let-me-in')
    try {
      const tag = freshTag('login').replace(world.registry, guarded.address)
      const config = path.join(temporary, 'docker-config')
      const own = world.environment['DOCKER_CONFIG'] ?? path.join(homedir(), '.docker')
      if (existsSync(own)) cpSync(own, config, { recursive: true, dereference: true })
      const file = path.join(config, 'config.json')

      const none = await push({ tags: tag, 'verify-runs': '1' })
      // To compare with what is there, which is done with figures only, is a wish, not a must.
      expect(none.log).toContain(`No comparison with the image that ${tag} has now: `)
      expect(errorOf(none)).toMatch(/did not accept the login, or there was none [^]*docker\/login-action/)
      const login = (auth: string): void =>
        writeFileSync(
          file,
          JSON.stringify({ auths: { [guarded.address]: { auth: Buffer.from(auth).toString('base64') } } })
        )
      login('robot:wrong')
      const wrong = await push({ tags: tag }, { DOCKER_CONFIG: config })
      expect(errorOf(wrong)).toContain('did not accept the login, or there was none')
      login('robot:let-me-in')
      const good = await push({ tags: tag }, { DOCKER_CONFIG: config })
      expect(annotations(good, 'error')).toEqual([])
      expect(good.log + good.summary).not.toContain('let-me-in')
      expect(await registryDigest(tag.replace(guarded.address, world.registry))).toBe(good.outputs['digest'])
      docker('image', 'rm', '--force', tag)
    } finally {
      await guarded.close()
    }
  })

  labTest('of a pull request from a fork is left out, and needs no login', async () => {
    const event = path.join(temporary, 'event.json')
    const pullRequest = {
      head: { repo: { full_name: 'else/hello' } },
      base: { repo: { full_name: 'acme/hello' } }
    }
    writeFileSync(event, JSON.stringify({ pull_request: pullRequest }))
    const fork = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event, GITHUB_TOKEN: '' }
    const built = await push({ push: 'false' }, fork)
    expect(annotations(built, 'error')).toEqual([])
    expect(built.log).toContain('nothing is pushed')
    expect(built.summary).toContain('not pushed')
    // To compare, it is asked what the tag has; nothing more.
    expect(front.requests.filter((line) => !/^(GET|HEAD) /.test(line))).toEqual([])

    front.script({
      method: 'POST',
      path: /uploads/,
      status: 403,
      error: ['DENIED', 'requested access to the resource is denied']
    })
    expect(errorOf(await push({}, fork))).toContain('a pull request from a fork')
  })

  labTest('to two registries gives both of them the image that was verified', async () => {
    const other = freshTag('push-other')
    const step = await push({ tags: `${tags()[0]}\n${other}` })
    expect(annotations(step, 'error')).toEqual([])
    const digest = step.outputs['digest']
    expect(await registryDigest(other)).toBe(digest)
    expect((await digests())[0]).toBe(digest)
    await pulledElsewhere(other, step, async (pulled) => {
      const id = dockerAt(pulled.environment, 'image', 'inspect', '--format', '{{.Id}}', pulled.image)
      expect(id).toBe(step.outputs['imageid'])
      await withStarted(pulled, async (started) => {
        expect(await callUntilAnswer(started)).toMatch(/^null\|/)
      })
    })
  })
})
