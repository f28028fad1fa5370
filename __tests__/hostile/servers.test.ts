import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { digestOf } from '../../src/lib/digest.js'
import { jdkSource, type JdkSource } from '../../src/jdk/source.js'
import { RepositoryClient } from '../../src/registry/client.js'
import { findUnchanged, imageOf, layersByContent } from '../../src/registry/published.js'
import { parseReference } from '../../src/registry/reference.js'
import { serve, type TestServer } from '../support/http-server.js'
import { quietLog } from '../support/quiet-log.js'
import { holds, hostileText, mustBeClear } from '../support/hostile.js'

interface Lie {
  status: number
  headers: Record<string, string>
  body: string
}

const clock = { now: () => 0, sleep: () => Promise.resolve() }
const patience = { tryTimeout: 2000, pauseUnit: 30_000, longestTotalWait: 1 }

// A server can send no other characters in a header.
const headerText = hostileText.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 500))
const type = fc.constantFrom(
  'application/json',
  'text/html',
  'application/vnd.oci.image.manifest.v1+json',
  'application/json; charset=x',
  ''
)
const version = fc.oneof(fc.constantFrom('21', '../../../x', 17, -1, 1.5, null), hostileText)
const release = fc.record({
  tag_name: fc.oneof(fc.constantFrom('21-crac+1', '22-crac+9'), hostileText),
  draft: fc.constant(false),
  assets: fc.oneof(
    fc.anything(),
    fc.array(
      fc.record({
        name: fc.constantFrom('openjdk-21-crac+1_linux-x64.tar.gz', '../x'),
        state: fc.constant('uploaded'),
        url: fc.oneof(fc.constantFrom('file:///etc/passwd', 'http://127.0.0.1:1/x', 'x'), hostileText),
        size: fc.oneof(fc.constant(10), fc.anything()),
        digest: fc.oneof(fc.constant(null), fc.anything())
      })
    )
  )
})
const zulu = fc.record({
  name: fc.constantFrom(
    'zulu21.52.17-ca-crac-jdk21.0.12-linux_x64.tar.gz',
    'zulu17-ca-crac-jdk17-linux_x64.tar.gz'
  ),
  download_url: fc.oneof(fc.constantFrom('http://127.0.0.1:1/x', 'javascript:x'), hostileText),
  java_version: fc.oneof(fc.array(version), fc.anything()),
  distro_version: fc.oneof(fc.array(version), fc.anything()),
  sha256_hash: fc.oneof(fc.constant('a'.repeat(64)), fc.anything())
})
const liberica = fc.record({
  version,
  featureVersion: version,
  interimVersion: version,
  updateVersion: version,
  patchVersion: version,
  buildVersion: version,
  filename: fc.constant('bellsoft-jdk21.0.4+9-linux-amd64-crac.tar.gz'),
  downloadUrl: fc.oneof(fc.constant('http://127.0.0.1:1/x'), hostileText),
  size: fc.constant(10),
  sha1: fc.oneof(fc.constant('a'.repeat(40)), fc.anything()),
  bundleType: fc.constant('jdk-crac'),
  packageType: fc.constant('tar.gz'),
  os: fc.constant('linux')
})

function json(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? 'null'
  )
}

jest.setTimeout(60_000)

describe('servers that lie', () => {
  let server: TestServer
  let lie: Lie
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'hostile-servers-'))
    server = await serve((request, response: ServerResponse) => {
      request.resume()
      response.writeHead(lie.status, lie.headers).end(lie.body)
    })
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })

  const layer = fc.record({
    digest: fc.constantFrom(digestOf(Buffer.from('x')), '../../x', 'sha256:x'),
    size: fc.anything(),
    mediaType: fc.anything()
  })
  const document = fc.oneof(
    fc.constant('{}'),
    fc.json({ maxDepth: 5 }),
    hostileText,
    fc
      .record({ config: fc.oneof(layer, fc.anything()), layers: fc.oneof(fc.array(layer), fc.anything()) })
      .map(json),
    fc.record({ token: fc.anything(), access_token: fc.anything() }).map(json),
    fc.record({ errors: fc.anything(), details: fc.anything() }).map(json),
    fc.record({ errors: fc.array(fc.record({ code: fc.anything(), message: hostileText })) }).map(json)
  )
  const headers = fc.record(
    {
      'content-type': type,
      'retry-after': fc.oneof(fc.constantFrom('0', '999999999999', '-1', 'tomorrow'), headerText),
      location: fc.oneof(
        fc.constantFrom('/again', '/v2/', 'http://127.0.0.1:1/x', 'http://', 'ftp://127.0.0.1/x', '?x'),
        headerText.map((text) => `/${text.replace(/^[\\/]+/, '')}`)
      ),
      'www-authenticate': fc.oneof(
        fc.constantFrom(
          'Bearer realm="http://127.0.0.1:1/t"',
          'Bearer realm="SELF"',
          'Basic realm="x"',
          'Bearer',
          'Bearer realm="x"'
        ),
        headerText
      ),
      'docker-content-digest': headerText
    },
    { requiredKeys: [] }
  )
  // Requests must not leave this machine.
  const local = (given: Partial<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(given).map(([name, value = '']) => [name, value.replace('SELF', `${server.url}/token`)])
    )
  const lies = fc.record({
    status: fc.constantFrom(200, 200, 200, 201, 202, 204, 301, 302, 307, 401, 403, 404, 429, 500, 599),
    headers,
    body: document
  })

  test('a registry: a response is used, or fails with one clear message', async () => {
    const seen = { given: 0, refused: 0 }
    const world = {
      clock,
      patience,
      info: () => undefined,
      credentials: () => Promise.resolve({ kind: 'password', username: 'me', password: 'word' } as const),
      endpoint: () => Promise.resolve({ origin: new URL(server.url), dispatcher: undefined as never })
    }
    const client = (): RepositoryClient => new RepositoryClient(world, 'r.example', 'acme/hello')
    const digest = digestOf(Buffer.from('x'))
    const calls: (() => Promise<unknown>)[] = [
      () => client().manifest('x'),
      async () => {
        const manifest = await client().manifest('x')
        const image = manifest && (await imageOf(client(), manifest))
        return image && layersByContent(image)
      },
      () => client().blob(digest),
      () => client().hasBlob(digest),
      () => client().putManifest('x', { mediaType: 'a/b', bytes: Buffer.from('{}') }),
      () => client().upload({ digest, size: 1, open: () => Buffer.from('x') }),
      () =>
        findUnchanged(
          quietLog(),
          { skipUnchanged: true, tags: [parseReference('r.example/acme/hello:x')] },
          { repositories: () => client(), cancelled: new AbortController().signal },
          'b'
        )
    ]
    await holds(
      500,
      fc.asyncProperty(lies, fc.constantFrom(...calls), async (given, call) => {
        lie = { ...given, headers: local(given.headers) }
        try {
          await call()
          seen.given++
        } catch (error) {
          mustBeClear(error, 'registry')
          seen.refused++
        }
      })
    )
    expect(Math.min(seen.given, seen.refused)).toBeGreaterThan(30)
  })

  const sourceOf = (url: URL, toolCache: string, tryTimeout = patience.tryTimeout): JdkSource =>
    jdkSource({
      clock,
      patience: { ...patience, tryTimeout },
      githubApiUrl: url,
      githubToken: undefined,
      azulApiUrl: url,
      bellsoftApiUrl: url,
      toolCache,
      knownDigests: '/nonexistent',
      info: () => undefined,
      warning: () => undefined
    })

  test('a list of JDKs is valid, or fails with one clear message', async () => {
    const seen = { given: 0, refused: 0 }
    const url = new URL(`${server.url}/`)
    const lists = fc.oneof(
      document,
      fc.array(release).map(json),
      fc.array(zulu).map(json),
      fc.array(liberica).map(json)
    )
    const answers = fc.record({
      status: fc.constantFrom(200, 200, 200, 200, 403, 404),
      headers: fc.constant({ 'content-type': 'application/json' }),
      body: lists
    })
    let count = 0
    await holds(
      300,
      fc.asyncProperty(answers, fc.constantFrom('crac', 'zulu', 'liberica'), async (given, vendor) => {
        lie = given
        // Responses are cached: each run has a folder of its own.
        const toolCache = path.join(folder, String(count++))
        const source = sourceOf(url, toolCache)
        try {
          const asset = await source.resolve(vendor, { kind: 'latest' }, 'x64')
          seen.given++
          expect(new URL(asset.url).protocol).toMatch(/^https?:$/)
          expect([asset.name, asset.version, ...asset.order].join()).not.toMatch(/\/|\.\./)
        } catch (error) {
          seen.refused++
          mustBeClear(error, 'runner', 'jdk', 'input')
        }
      })
    )
    expect(seen.refused).toBeGreaterThan(30)
    expect(seen.given).toBeGreaterThan(0)
  })

  test('a response without end fails, in bounded memory', async () => {
    const endless = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const piece = Buffer.alloc(1024 * 1024, ' ')
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', more)
      more()
    })
    try {
      const source = sourceOf(new URL(`${endless.url}/`), folder, 30_000)
      await expect(source.list('zulu', 'x64')).rejects.toMatchObject({
        category: 'runner',
        message: expect.stringContaining('its response has more than 67108864 bytes')
      })
    } finally {
      await endless.close()
    }
  })
})
