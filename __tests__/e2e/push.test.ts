import { beforeEach, expect } from '@jest/globals'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { run } from '../../lab/command.js'
import { startRegistryFront, type Fault, type RegistryFront } from '../../lab/registry-front.js'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  annotations,
  docker,
  e2eSuite,
  errorOf,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  pulledElsewhere,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'
import { pushedImage } from './support/pushed-image.js'
import { savedImage } from './support/saved-image.js'

interface Case {
  title: string
  fault: Fault
  message: RegExp
  made: number
}

const BLOB = /\/blobs\/uploads\/.+/
const TAG = /\/manifests\/crac$/
const THIRD_TAG = /\/manifests\/third$/
const BY_DIGEST = /\/manifests\/sha256:/
const DENIED: Fault['error'] = ['DENIED', 'requested access to the resource is denied']
const TOO_MANY: Pick<Fault, 'status' | 'error'> = { status: 429, error: ['TOOMANYREQUESTS', 'slow down'] }

const CASES: Case[] = [
  {
    title: 'a refusal is not retried, and its fix is named',
    fault: { method: 'POST', path: /uploads/, status: 403, error: DENIED },
    message: /denied access [^]*docker\/login-action/,
    made: 1
  },
  {
    title: 'a rate limit that lasts for an hour is reported',
    fault: { ...TOO_MANY, method: 'POST', path: /uploads/, headers: { 'retry-after': '3600' } },
    message: /rate limit of the registry is exceeded/,
    made: 1
  },
  {
    title: 'a registry that answers 503 is reported after three tries before the proof, and three after it',
    fault: { method: 'PUT', path: BLOB, status: 503 },
    message: /had an internal error [^]*503 Service Unavailable/,
    made: 6
  },
  {
    title: 'a manifest that the registry rejects moves no tag, though all of its content is there',
    fault: { method: 'PUT', path: BY_DIGEST, status: 500 },
    message: /had an internal error/,
    made: 3
  },
  {
    title: 'a registry that names another digest is not believed',
    fault: { method: 'PUT', path: BY_DIGEST, digest: `sha256:${'0'.repeat(64)}` },
    message: /the registry has sha256:0{64}, but sha256:[0-9a-f]{64} was pushed/,
    made: 1
  }
]

// The registry is the lab's; what goes wrong stands in front of it.
e2eSuite('a push', ['Server'], ({ folder, context }) => {
  const repository = freshTag('push')
    .replace(/^[^/]+\//, '')
    .replace(/:crac$/, '')
  let front: RegistryFront
  const tags = (address = front.address): string[] =>
    ['crac', 'second'].map((tag) => `${address}/${repository}:${tag}`)

  labBeforeAll(async () => {
    front = await startRegistryFront(world.registry)
    const first = await push()
    if (first.exitCode !== 0) throw new Error(first.log)
  })
  beforeEach(() => {
    front?.script()
    front?.requests.splice(0)
  })
  labAfterAll(async () => {
    docker('image', 'rm', '--force', ...tags())
    await front.close()
  })

  async function push(
    inputs: Record<string, string> = {},
    environment: NodeJS.ProcessEnv = {}
  ): Promise<StepResult> {
    return await runAction(
      { context, tags: tags().join('\n'), push: 'true', ...inputs },
      // The pauses between tries are for registries that need time.
      { environment: { ...world.environment, CRAC_CHECKPOINT_PATIENCE: '0.1', ...environment } }
    )
  }
  const digests = async (): Promise<(string | undefined)[]> =>
    await Promise.all(tags(world.registry).map(registryDigest))
  const imageOf = ({ outputs }: StepResult): { layers: { sent: boolean }[] } =>
    (JSON.parse(outputs['metadata'] ?? '') as { image: { layers: { sent: boolean }[] } }).image
  const made = ({ method, path: wanted }: Pick<Fault, 'method' | 'path'>): number =>
    front.requests.filter((line) => line.startsWith(`${method} `) && wanted.test(line)).length

  labTest.each(CASES)('$title', async ({ fault, message, made: times }) => {
    const before = await digests()
    front.script(fault)
    const step = await push()
    expect(made(fault)).toBe(times)
    expect(step.exitCode).toBe(1)
    expect(errorOf(step)).toMatch(message)
    expect(errorOf(step)).toContain('category: registry')
    expect(await digests()).toEqual(before)
    expect(step.left).toEqual([])
  })

  labTest(
    'a third tag that is refused: the first gets its old image back, the new second is removed',
    async () => {
      const [crac = ''] = tags()
      const [fresh, third] = ['new', 'third'].map((name) => crac.replace(/crac$/, name))
      const before = await digests()
      front.script({ method: 'PUT', path: THIRD_TAG, status: 403, error: DENIED })
      const step = await push({ tags: [crac, fresh, third].join('\n') })
      expect(step.exitCode).toBe(1)
      expect(errorOf(step)).toMatch(
        /third could not be pushed: [^]*:crac was put back to sha256:[0-9a-f]{64}\. /
      )
      expect(errorOf(step)).toMatch(/:new, which is new, was removed again\./)
      expect(errorOf(step)).toMatch(/:third is unchanged\./)
      expect(await digests()).toEqual(before)
      for (const tag of [fresh, third])
        expect(await registryDigest((tag ?? '').replace(front.address, world.registry))).toBeUndefined()
    }
  )

  // The one push that succeeds after those that failed: none of them has left anything that has to be cleaned up.
  labTest('a rate limit that ends soon, an error and a reset are retried', async () => {
    const before = await digests()
    const limit: Fault = { method: 'PUT', path: TAG, times: 1, ...TOO_MANY }
    front.script(
      { ...limit, headers: { 'retry-after': '1' } },
      { method: 'PUT', path: BLOB, times: 1, status: 500 },
      { method: 'POST', path: /uploads/, times: 1 }
    )
    const step = await push()
    expect(annotations(step, 'error')).toEqual([])
    expect(await digests()).toEqual([step.outputs['digest'], step.outputs['digest']])
    expect(await digests()).not.toEqual(before)
    // A push sends the snapshot and the configuration, one after the other.
    expect([
      made(limit),
      made({ method: 'PUT', path: BLOB }),
      made({ method: 'POST', path: /uploads/ })
    ]).toEqual([2, 3, 4])
  })

  labTest(
    'to a registry that requires a login uses that of docker login, and names it where it is missing',
    async () => {
      const guarded = await startRegistryFront(world.registry, 'robot:let-me-in')
      try {
        const tag = freshTag('login').replace(world.registry, guarded.address)
        const config = path.join(folder, 'docker-config')
        const own = world.environment['DOCKER_CONFIG'] ?? path.join(homedir(), '.docker')
        if (existsSync(own)) cpSync(own, config, { recursive: true, dereference: true })
        const file = path.join(config, 'config.json')

        const none = await push({ tags: tag })
        expect(errorOf(none)).toMatch(/did not accept the login, or there was none [^]*docker\/login-action/)
        // A registry that refuses ends the run early.
        expect(none.log).not.toContain('Take the snapshot')
        expect(none.left).toEqual([])
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
        expect(await registryDigest(tag.replace(guarded.address, world.registry))).toBe(
          good.outputs['digest']
        )
        docker('image', 'rm', '--force', tag)
      } finally {
        await guarded.close()
      }
    }
  )

  labTest('a pull request from a fork pushes nothing, and needs no login', async () => {
    const event = path.join(folder, 'event.json')
    const pullRequest = {
      head: { repo: { full_name: 'else/hello' } },
      base: { repo: { full_name: 'acme/hello' } }
    }
    writeFileSync(event, JSON.stringify({ pull_request: pullRequest }))
    const fork = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event, GITHUB_TOKEN: '' }
    front.script({ method: 'GET', path: TAG, status: 401, error: DENIED })
    const built = await push({ push: 'false', 'verify-runs': '1' }, fork)
    // To compare with what is there is a wish, not a must.
    expect(built.log).toMatch(/No comparison with the image that \S+:crac has now: /)
    expect(annotations(built, 'error')).toEqual([])
    expect(built.log).toContain('nothing is pushed')
    expect(built.summary).toContain('not pushed')
    // It is only queried for what the tag has, to compare.
    expect(front.requests.filter((line) => !/^(GET|HEAD) /.test(line))).toEqual([])

    front.script({ method: 'POST', path: /uploads/, status: 403, error: DENIED })
    expect(errorOf(await push({}, fork))).toContain('a pull request from a fork')
  })

  labTest(
    'layers of a base image at the same registry are taken over from its repository, or sent where it refuses that',
    async () => {
      const base = `${front.address}/${repository}-base:1`
      docker('tag', world.baseImage, base)
      // Not in a way that keeps the front from answering.
      await run('docker', ['push', '--quiet', base], { env: world.environment })
      const begin = front.requests.length
      const tag = `${front.address}/${repository}-on-base:crac`
      const step = await push({ tags: tag, 'base-image': base })
      expect(annotations(step, 'error')).toEqual([])
      const image = imageOf(step)
      const { layers } = await pushedImage(tag.replace(front.address, world.registry), step)
      expect(image.layers[0]?.sent).toBe(false)
      const uploads = front.requests.slice(begin).filter((line) => /^PUT .*-on-base\/blobs\//.test(line))
      // Layers without files can be equal; one more upload is the configuration.
      const sent = new Set(layers.filter((_, index) => image.layers[index]?.sent).map(({ digest }) => digest))
      expect(uploads).toHaveLength(sent.size + 1)

      front.script({ method: 'POST', path: /mount=/, status: 401 })
      const refused = `${front.address}/${repository}-refused:crac`
      const sends = await push({ tags: refused, 'base-image': base })
      expect(annotations(sends, 'error')).toEqual([])
      expect(imageOf(sends).layers[0]?.sent).toBe(true)
      docker('image', 'rm', '--force', base, tag, refused)
    }
  )

  labTest('two registries get the same image, which is the one that was restored', async () => {
    const other = freshTag('push-other')
    const copy = `${front.address}/${repository}-copy:crac`
    const step = await push({ tags: [tags()[0], other, copy].join('\n') })
    expect(annotations(step, 'error')).toEqual([])
    // A second repository of a registry takes everything over from the first.
    const uploads = front.requests.filter((line) => line.startsWith('PUT ') && line.includes('-copy/blobs/'))
    expect(uploads).toEqual([])
    expect(step.log).toMatch(/-copy: took over \S+ [kM]B from /)
    expect(await registryDigest(copy.replace(front.address, world.registry))).toBe(step.outputs['digest'])
    docker('image', 'rm', '--force', copy)
    const digest = step.outputs['digest']
    expect(await registryDigest(other)).toBe(digest)
    expect((await digests())[0]).toBe(digest)
    await pulledElsewhere(other, step, async (pulled) => {
      const { configuration } = savedImage(pulled.environment, pulled.image)
      expect(configuration).toBe(savedImage(world.environment, step.outputs['imageid'] ?? '').configuration)
      await withStarted(pulled, async (started) => {
        expect(await callUntilAnswer(started)).toMatch(/^null\|/)
      })
    })
  })
})
