import { expect, test } from '@jest/globals'
import { openEarlyPush, type EarlyPush } from '../../src/registry/early-push.js'
import { HttpFailure } from '../../src/http/retry.js'
import type { LayerFile } from '../../src/registry/layer-file.js'
import type { RepositoryClient } from '../../src/registry/client.js'
import { targetsOf } from '../../src/registry/published.js'
import { parseReference } from '../../src/registry/reference.js'
import { fakeDocker } from '../support/fake-docker.js'

// __tests__/e2e/push.test.ts runs it against a real registry.

function layer(digest: string): LayerFile {
  return { digest, size: 5_000_000, mediaType: 'm', file: '/does/not/exist' }
}

/** Opens the push to a registry that has a blob, and refuses others. */
async function opened(
  refused: string[] = [],
  refusal = new HttpFailure('registry', 'no', { fix: '' }, {})
): Promise<{ push: EarlyPush; requests: string[] }> {
  const requests: string[] = []
  const blobs = new Set(['sha256:there'])
  const client = {
    manifest: () => Promise.resolve(undefined),
    hasBlob: (digest: string) => Promise.resolve(blobs.has(digest)),
    upload: ({ digest }: LayerFile) => {
      requests.push(`upload ${digest}`)
      if (refused.includes(digest)) return Promise.reject(refusal)
      blobs.add(digest)
      return Promise.resolve()
    },
    removeBlob: (digest: string) => {
      requests.push(`remove ${digest}`)
      return Promise.resolve(blobs.delete(digest))
    }
  } as unknown as RepositoryClient
  const targets = await targetsOf(
    () => client,
    [parseReference('r.example/a:1')],
    new AbortController().signal
  )
  const push = await openEarlyPush(
    fakeDocker(() => ''),
    'sha256:1',
    targets
  )
  return { push, requests }
}

test('sends what the registry lacks, and nothing twice', async () => {
  const { push, requests } = await opened()
  push.send([layer('sha256:there'), layer('sha256:lower')], 'shared')
  await push.settled()
  push.send([layer('sha256:lower'), layer('sha256:memory')], 'own')
  await push.settled()
  expect(requests).toEqual(['upload sha256:lower', 'upload sha256:memory'])
  expect([...push.sent]).toEqual(['sha256:lower', 'sha256:memory'])
  expect(push.notes).toEqual(Array(2).fill('r.example/a: sent 5.0 MB.'))
})

test('leaves a failure to the push, which sends the layer again', async () => {
  const { push } = await opened(['sha256:lower'])
  push.send([layer('sha256:lower')], 'shared')
  await push.settled()
  expect([...push.sent]).toEqual([])
})

test.each([
  ['that no other try would change', undefined],
  ['for longer than a push lasts', { after: 3_600_000 }]
])('reports a refusal %s', async (_what, retry) => {
  const refusal = new HttpFailure('registry', 'no', { fix: '' }, retry)
  const { push } = await opened(['sha256:lower'], refusal)
  push.send([layer('sha256:lower')], 'shared')
  await expect(push.settled()).rejects.toMatchObject({ cause: refusal })
})

test('removes only the own layers that were sent and that no manifest names', async () => {
  const { push, requests } = await opened(['sha256:failed'])
  push.send([layer('sha256:lower')], 'shared')
  push.send(
    ['failed', 'first', 'second'].map((name) => layer(`sha256:${name}`)),
    'own'
  )
  push.keep(['sha256:lower', 'sha256:second'])
  await push.removeRest()
  expect(requests.filter((request) => request.startsWith('remove'))).toEqual(['remove sha256:first'])
})

test.each([
  ['takes', true],
  ['has to get', false]
])(
  'the target %s layers of the given image over only at the call of takeOver, which is after the scan',
  async (_, mounts) => {
    const requests: string[] = []
    const client = {
      registry: 'r.example',
      manifest: () => Promise.resolve(undefined),
      hasBlob: () => Promise.resolve(false),
      mount: (digest: string, from: string) => {
        requests.push(`mount ${digest} from ${from}`)
        return Promise.resolve(mounts)
      }
    } as unknown as RepositoryClient
    const targets = await targetsOf(
      () => client,
      [parseReference('r.example/a:1')],
      new AbortController().signal
    )
    const given = ['r.example', 'other.example'].map((registry) => ({
      registry,
      path: 'private',
      layers: new Map([[`sha256:content-${registry}`, layer(`sha256:${registry}`)]])
    }))
    const docker = fakeDocker(() =>
      JSON.stringify([{ RootFS: { Layers: given.flatMap(({ layers }) => [...layers.keys()]) } }])
    )
    const push = await openEarlyPush(docker, 'sha256:1', targets, given)
    expect([...push.known.keys()]).toEqual(['sha256:content-r.example'])
    expect(requests).toEqual([])
    expect(await push.takeOver()).toBe(mounts)
    expect(requests).toEqual(['mount sha256:r.example from private'])
  }
)
