import { describe, expect } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../../../lab/home.js'
import { proves, type Provable } from '../support/application-checks.js'
import { buildFixture, errorOf, freshTag, labTest, registryDigest, runAction } from '../support/lab.js'

const peer = {
  alias: 'peer',
  program: readFileSync(path.join(PROJECT, '__tests__/e2e/support/peer.pl'), 'utf8')
}

/** The application with a client of a kind, which is connected to its peer when the checkpoint is taken. */
const client = (kind: string, expected: Provable['expected'], line?: string): Provable => ({
  name: 'clients',
  peer,
  inputs: { env: `CLIENT=${kind}`, 'ready-log': 'connected to port' },
  ...(line === undefined ? {} : { line }),
  expected
})
const refused = (cause: string, fix: string): Provable['expected'] => ({ cause, fix })

const EXPORTER = refused(
  'A connection of an exporter of metrics or traces is open (fw-exporter).',
  'create the SDK in afterRestore'
)

// With the clients' own libraries, and servers that say only as much as keeps them connected (peer.pl).
describe('a client that stays connected is named with its fix; one that closes its connection is waited for', () => {
  labTest.each<[string, Provable['expected'], string?]>([
    ['MONGODB', refused('A connection to MongoDB is open (fw-mongodb).', 'that is a SmartLifecycle')],
    [
      'CASSANDRA',
      refused('A connection to Cassandra is open (fw-cassandra).', 'does not close its CqlSession')
    ],
    ['REDISSON', refused('A connection of Redisson to Redis is open (fw-redisson).', 'call shutdown() of')],
    ['SOLACE', refused('A connection to a message broker', 'Its client does not take part in a checkpoint')],
    ['OTLP_HTTP', EXPORTER],
    ['OTLP_GRPC', EXPORTER],
    ['OKHTTP', refused('A connection of an HTTP client is kept open (fw-http-client).', 'evictAll()')],
    [
      'JDK_HTTP',
      { answer: { log: /alive/, never: /connected/ } },
      'The connections are closed. Triggering the checkpoint again.'
    ]
  ])('%s', async (...row) => await proves(client(...row)), 600_000)
})

describe('a server that binds the address of the container of the checkpoint', () => {
  labTest('cannot be restored, and the message says so', async () => {
    const { context, remove } = buildFixture('Server')
    const tag = freshTag('old-address')
    const step = await runAction({
      context,
      tags: tag,
      push: 'true',
      'java-options': '-Daddress=own',
      'restore-timeout': '10s'
    })
    remove()
    const message = errorOf(step)
    expect(message).toContain('The image was restored, but the application does not work')
    expect(message).toContain('(fw-old-address)')
    expect(message.slice(message.indexOf('Fix: '))).toContain('Bind 0.0.0.0')
    expect(await registryDigest(tag)).toBeUndefined()
    expect(step.left).toEqual([])
  })
})

describe('Undertow that shuts down gracefully before the checkpoint', () => {
  labTest(
    'is named, and restored with `server.shutdown=immediate`',
    async () => {
      const undertow = { name: 'undertow-graceful' }
      await proves({
        ...undertow,
        expected: refused(
          'still refuses requests because of its graceful shutdown',
          'Set `server.shutdown=immediate` for the checkpoint'
        )
      })
      await proves({
        ...undertow,
        inputs: { env: 'SERVER_SHUTDOWN=immediate' },
        expected: { answer: { body: 'Hello from Undertow' } }
      })
    },
    600_000
  )
})

describe('an application that the action can ask little', () => {
  labTest(
    'a server that wants a certificate of its client is ready, and restored, by its handshake',
    async () => {
      await proves({
        name: 'tls-only',
        inputs: { port: '8443', 'java-options': '-Dclient.auth=true' },
        expected: { answer: { log: /^listening over TLS$/m, never: /Exception/ } }
      })
    },
    600_000
  )
})

describe('netty-tcnative, whose library is deleted while it is mapped', () => {
  labTest(
    'is restored with its library',
    async () => {
      await proves({
        name: 'tcnative',
        expected: { answer: { body: 'BoringSSL of a library that is deleted' } }
      })
    },
    600_000
  )
})
