import { expect, test } from '@jest/globals'
import type { RepositoryClient } from '../../src/registry/client.js'
import type { PushTarget } from '../../src/registry/published.js'
import { sendBlob } from '../../src/registry/send.js'

// __tests__/e2e/push.test.ts does it with a real registry.

/** Returns a repository that has no blob, and writes down its requests. */
function target(registry: string, path: string, requests: string[], mounts: boolean): PushTarget {
  const client = {
    registry,
    path,
    hasBlob: () => Promise.resolve(false),
    mount: (digest: string, from: string) => {
      requests.push(`${registry}/${path} mounts ${digest} from ${from}`)
      return Promise.resolve(mounts)
    },
    upload: ({ digest }: { digest: string }) => {
      requests.push(`${registry}/${path} gets ${digest}`)
      return Promise.resolve()
    }
  } as unknown as RepositoryClient
  return { client, rollback: client, name: `${registry}/${path}`, tags: [], before: new Map() }
}

test.each([
  ['takes it over', true, []],
  ['gets it too, if it refuses to take it over', false, ['one/b gets sha256:x']]
])('a blob is sent once to each registry; another repository of it %s', async (_what, mounts, more) => {
  const requests: string[] = []
  const targets = ['one/a', 'two/a', 'one/b'].map((name) => {
    const [registry = '', path = ''] = name.split('/')
    return target(registry, path, requests, mounts)
  })
  const lines: string[] = []
  const blob = { digest: 'sha256:x', size: 5_000_000, open: () => Buffer.alloc(0) }
  await sendBlob({ targets, info: (line) => lines.push(line) }, blob, new Set())
  expect(requests).toEqual([
    'one/a gets sha256:x',
    'two/a gets sha256:x',
    'one/b mounts sha256:x from a',
    ...more
  ])
  expect(lines.at(-1)).toBe(mounts ? 'one/b: took over 5.0 MB from one/a.' : 'one/b: sent 5.0 MB.')
})
