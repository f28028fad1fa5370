import { describe, expect, test } from '@jest/globals'
import type { Engine } from '../../src/engine/docker.js'
import { pushImage, tagImage } from '../../src/registry/push.js'
import { parseReference } from '../../src/registry/reference.js'
import { fakeEngine } from '../support/fake-engine.js'

const DIGEST = `sha256:${'d'.repeat(64)}`
const TAGS = ['r.example/a:1', 'r.example/a:2'].map(parseReference)

function registry(digests: Record<string, string>) {
  return fakeEngine((args) => {
    const tag = args.at(-1) ?? ''
    const digest = digests[tag]
    if (args[0] === 'buildx')
      return digest ? JSON.stringify({ manifest: { digest }, image: { config: {} } }) : { exitCode: 1 }
    if (['pull', 'tag', 'image'].includes(args[0] ?? '') && !args.includes('{{json .RepoDigests}}')) return ''
    if (args[0] === 'push')
      return digest
        ? `1: digest: ${digest} size: 1`
        : { exitCode: 1, stderr: 'denied: requested access to the resource is denied' }
    return JSON.stringify(Object.values(digests).map((value) => `r.example/a@${value}`))
  })
}

function push(engine: Engine, timeout = 60_000, lines: string[] = []) {
  const clock = { now: () => 0, sleep: () => Promise.resolve() }
  return pushImage(
    { engine, clock, info: (line) => lines.push(line), onLine: () => undefined },
    TAGS,
    timeout
  )
}

describe('pushImage', () => {
  test('pushes every tag and gives their one digest', async () => {
    const engine = registry({ 'r.example/a:1': DIGEST, 'r.example/a:2': DIGEST })
    expect(await push(engine)).toEqual({ digest: DIGEST })
    expect(engine.calls.filter((call) => call.args[0] === 'push').map((call) => call.args)).toEqual([
      ['push', '--', 'r.example/a:1'],
      ['push', '--', 'r.example/a:2']
    ])
  })

  test('different digests for one image are a failure', async () => {
    const engine = registry({ 'r.example/a:1': DIGEST, 'r.example/a:2': `sha256:${'e'.repeat(64)}` })
    await expect(push(engine)).rejects.toMatchObject({ kind: 'registry' })
  })

  test('a refused push says what was pushed already, and how to log in', async () => {
    const engine = registry({ 'r.example/a:1': DIGEST })
    await expect(push(engine)).rejects.toMatchObject({
      kind: 'registry',
      message: expect.stringMatching(
        /^r.example\/a:2 could not be pushed\. .* r.example\/a:1 was put back to sha256:d+\.$/
      ),
      signature: 'reg-denied'
    })
  })

  test.each([
    ['received unexpected HTTP status: 503 Service Unavailable', 3],
    ['toomanyrequests: slow down', 3],
    ['read: connection reset by peer', 3],
    ['denied: requested access to the resource is denied', 1],
    ['unauthorized: authentication required', 1],
    ['tag invalid: The image tag v1 already exists', 1]
  ])('%s: tried %d times', async (stderr, times) => {
    const engine = fakeEngine(() => ({ exitCode: 1, stderr }))
    const lines: string[] = []
    await expect(push(engine, 1000, lines)).rejects.toMatchObject({ kind: 'registry' })
    expect(engine.calls.filter(({ args }) => args[0] === 'push')).toHaveLength(times)
    expect(lines).toHaveLength(times - 1)
  })

  test('what passes is a push', async () => {
    let tries = 0
    const good = registry({ 'r.example/a:1': DIGEST, 'r.example/a:2': DIGEST })
    const engine = fakeEngine(async (args) =>
      args[0] === 'push' && ++tries === 1
        ? { exitCode: 1, stderr: 'unexpected EOF' }
        : await good.attempt(args)
    )
    expect(await push(engine)).toEqual({ digest: DIGEST })
  })

  test('a registry that has another image under the tag than was pushed is not believed', async () => {
    const good = registry({ 'r.example/a:1': DIGEST, 'r.example/a:2': DIGEST })
    const other = JSON.stringify({ manifest: { digest: 'sha256:other' }, image: { config: {} } })
    const engine = fakeEngine(async (args) => (args[0] === 'buildx' ? other : await good.attempt(args)))
    await expect(push(engine)).rejects.toThrow('is sha256:other at the registry')
  })

  test('a push that takes too long is told as such', async () => {
    const engine = fakeEngine(() => ({ exitCode: 124 }))
    await expect(push(engine, 2000)).rejects.toThrow('was not done within 2 s')
    expect(engine.calls.find(({ args }) => args[0] === 'push')?.options.timeout).toBe(2000)
  })

  test('a digest that the engine did not note is not believed', async () => {
    const engine = fakeEngine((args) => (args[0] === 'push' ? `digest: ${DIGEST} size: 1` : '[]'))
    await expect(push(engine)).rejects.toThrow('gave no digest')
  })
})

test('tagImage can be undone: tags that pointed elsewhere point there again', async () => {
  const engine = fakeEngine((args) =>
    args[0] === 'image' && args[1] === 'inspect'
      ? args.at(-1) === 'r.example/a:1'
        ? 'sha256:old'
        : args.at(-1) === 'sha256:new'
          ? 'r.example/a@sha256:new'
          : { exitCode: 1 }
      : ''
  )
  const tagged = await tagImage(engine, 'sha256:new', TAGS)
  const before = engine.calls.length
  await tagged.undo()
  expect(engine.calls.slice(before + 1).map((call) => call.args)).toEqual([
    ['image', 'rm', '--', 'r.example/a@sha256:new'],
    ['tag', 'sha256:old', 'r.example/a:1'],
    ['image', 'rm', '--', 'r.example/a:2']
  ])
})
