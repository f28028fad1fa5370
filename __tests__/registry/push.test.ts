import { describe, expect, test } from '@jest/globals'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainPushFailure } from '../../src/registry/push-failure.js'
import { sizeWarning } from '../../src/registry/push.js'
import { parseReference } from '../../src/registry/reference.js'
import { moveTags, putBackMoved, writeJournal } from '../../src/registry/tags.js'
import type { PushTarget } from '../../src/registry/published.js'
import { Failure } from '../../src/lib/errors.js'
import type { RepositoryClient, StoredManifest } from '../../src/registry/client.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// __tests__/e2e/push.test.ts runs the push against a real registry.
const TAGS = ['r.example/a:1', 'r.example/a:2'].map(parseReference)

describe('a layer that is too large for the registry', () => {
  test.each([
    ['ghcr.io', 10_000_000_001, true],
    ['ghcr.io', 10_000_000_000, false],
    ['r.example', 20_000_000_000, false]
  ])('%s, %d bytes: warns: %s', (registry, size, warned) => {
    expect(sizeWarning(registry, size) !== undefined).toBe(warned)
  })
})

describe('moveTags', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  const stored = (digest: string) => ({ digest, mediaType: 'm', bytes: Buffer.from(digest) })
  /** Returns a repository with these tags that refuses to move the second. */
  function target(has: Record<string, string>, meanwhile: Record<string, string> = {}): PushTarget {
    const tags = new Map(Object.entries(has))
    const client = {
      manifest: (tag: string) => Promise.resolve(tags.has(tag) ? stored(tags.get(tag) ?? '') : undefined),
      putManifest: (tag: string, { digest }: { digest: string }) => {
        if (tag === '2') {
          for (const [name, value] of Object.entries(meanwhile)) tags.set(name, value)
          return Promise.reject(new Failure('registry', 'No.', { fix: '' }))
        }
        tags.set(tag, digest)
        return Promise.resolve(digest)
      },
      remove: (tag: string) => Promise.resolve(tags.delete(tag))
    } as unknown as RepositoryClient
    const before = new Map(TAGS.map((tag) => [tag, tag.tag in has ? stored(has[tag.tag] ?? '') : undefined]))
    return { client, rollback: client, name: 'r.example/a', tags: TAGS, before }
  }

  test.each([
    ['goes back to its old manifest', { 1: 'old' }, {}, 'r.example/a:1 was put back to old.'],
    ['is removed if it is new', {}, {}, 'r.example/a:1, which is new, was removed again.'],
    [
      'stays if another job has moved it',
      { 1: 'old' },
      { 1: 'theirs' },
      'r.example/a:1 has another image now.'
    ]
  ])('a tag that was moved before the failure %s', async (_, has, meanwhile, outcome) => {
    const moved = moveTags([target(has, meanwhile)], stored('new'), folder)
    await expect(moved).rejects.toThrow(
      `r.example/a:2 could not be pushed: No. ${outcome} r.example/a:2 is unchanged.`
    )
    expect(await putBackMoved(() => target({}).client, folder)).toEqual([])
  })

  test.each([
    ['the image of another job', 'theirs', { config: { digest: 'sha256:theirs' } }, 'taken: r.example/a:1'],
    [
      'its own image, changed by a proxy',
      'changed',
      { config: { digest: 'sha256:ours' } },
      'the registry has changed, but new was pushed.'
    ],
    [
      'its old image',
      'old',
      { config: { digest: 'sha256:old' } },
      'the registry has old, but new was pushed.'
    ],
    ['no manifest', 'odd', 'odd', 'the registry has odd, but new was pushed.']
  ])('a tag that has %s after it was moved', async (_, digest, document, outcome) => {
    const manifest = (name: string, content: unknown) => ({
      ...stored(name),
      bytes: Buffer.from(JSON.stringify(content))
    })
    const old = manifest('old', { config: { digest: 'sha256:old' } })
    const client = {
      manifest: () => Promise.resolve(manifest(digest, document)),
      putManifest: (__: string, { digest: put }: { digest: string }) => Promise.resolve(put)
    } as unknown as RepositoryClient
    const [tag] = TAGS
    const before = new Map(tag && [[tag, old]])
    const one = { client, rollback: client, name: 'r.example/a', tags: TAGS.slice(0, 1), before }
    const moved = moveTags([one], manifest('new', { config: { digest: 'sha256:ours' } }), folder)
    const found = await moved.then(
      (taken) => `taken: ${taken.map(({ text }) => text).join()}`,
      (error: unknown) => String(error)
    )
    expect(found).toContain(outcome)
  })

  /** A registry that removes only manifests, with all their tags. */
  function removesManifests(has: Record<string, string>, refused = ''): RepositoryClient & { has: object } {
    const tags = new Map(Object.entries(has))
    return {
      get has() {
        return Object.fromEntries(tags)
      },
      manifest: (tag: string) => Promise.resolve(tags.has(tag) ? stored(tags.get(tag) ?? '') : undefined),
      putManifest: (tag: string, { digest }: { digest: string }) => {
        if (tag === refused) return Promise.reject(new Failure('registry', 'No.', { fix: '' }))
        tags.set(tag, digest)
        return Promise.resolve(digest)
      },
      remove: (digest: string) => {
        const named = [...tags].filter(([, one]) => one === digest)
        for (const [tag] of named) tags.delete(tag)
        return Promise.resolve(named.length > 0)
      }
    } as unknown as RepositoryClient & { has: object }
  }

  test.each([
    [
      'after the old tags have been put back',
      '',
      { '2': 'old' },
      'r.example/a:1, which is new, was removed again.'
    ],
    [
      'and stays while an old tag could not be put back',
      '2',
      { '1': 'new', '2': 'new' },
      'r.example/a:1, which is new, has the image.'
    ]
  ])('a new tag whose registry removes manifests only is removed %s', async (_, refused, left, outcome) => {
    await writeJournal(folder, {
      digest: 'new',
      tags: TAGS.map((tag) => ({ tag, before: tag.tag === '2' ? stored('old') : undefined }))
    })
    const client = removesManifests({ '1': 'new', '2': 'new' }, refused)
    expect(await putBackMoved(() => client, folder)).toContain(outcome)
    expect(client.has).toEqual(left)
  })

  test('after the time limit, the message has the state of each tag', async () => {
    const one = target({ 1: 'old' })
    const put = one.client.putManifest.bind(one.client)
    const client = {
      ...one.client,
      putManifest: (tag: string, manifest: StoredManifest) =>
        tag === '2' ? Promise.reject(new DOMException('late', 'TimeoutError')) : put(tag, manifest)
    } as unknown as RepositoryClient
    const failed = await moveTags([{ ...one, client }], stored('new'), folder).catch(
      (error: unknown) => error
    )
    const circumstances = {
      late: AbortSignal.abort(),
      limit: 60_000,
      cancelled: new AbortController().signal,
      environment: {}
    }
    const { message } = (await explainPushFailure(failed, circumstances)) as Failure
    expect(message).toBe(
      'The push was not complete within 60 s. r.example/a:1 was put back to old. r.example/a:2 is unchanged.'
    )
    const failure = new Failure('registry', 'No. r.example/a:1 was put back to old.', { fix: '' })
    expect(((await explainPushFailure(failure, circumstances)) as Failure).message).toContain(failure.message)
    expect(((await explainPushFailure(new Error('x'), circumstances)) as Failure).message).toContain(
      'No tag was moved.'
    )
  })

  test('leaves a journal in a killed process, from which the post step puts the tags back', async () => {
    const { client } = target({ 1: 'old' })
    const hangs = { ...client, putManifest: () => new Promise<string>(() => undefined) }
    void moveTags(
      [{ ...target({ 1: 'old' }), client: hangs as unknown as RepositoryClient }],
      stored('new'),
      folder
    )
    while (!existsSync(path.join(folder, 'moving-tags.json'))) await sleep(5)
    const there = target({ 1: 'new' })
    expect(await putBackMoved(() => there.client, folder)).toEqual([
      'r.example/a:1 was put back to old.',
      'r.example/a:2 is unchanged.'
    ])
    expect((await there.client.manifest('1'))?.digest).toBe('old')
  })

  test('has moved nothing if the journal is incomplete', async () => {
    writeFileSync(path.join(folder, 'moving-tags.json'), '{"digest":"sha2')
    expect(await putBackMoved(() => target({}).client, folder)).toEqual([])
  })
})
