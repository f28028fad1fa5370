import { describe, expect, test } from '@jest/globals'
import {
  secretsOfArguments,
  secretsOfCommand,
  secretsOfJavaOptions,
  secretsOfRequest
} from '../../src/secrets/requests.js'
import { needlesOf, type Secret } from '../../src/secrets/scanner/needles.js'

const VALUE = '8c1f-OPAQUE-token-77aQ'
const shown = (secrets: Secret[]): string[] => secrets.map(({ name, value }) => `${name}=${value}`)

describe('the secrets in a request', () => {
  const secretsOf = (headers: Record<string, string>, target = '/', body?: string): string[] =>
    shown(secretsOfRequest('warmup request 1', { target, headers, body }))

  test.each([
    [{ Authorization: `Bearer ${VALUE}` }, VALUE],
    [{ 'X-Api-Key': VALUE }, VALUE],
    [{ 'X-Api-Key': 'correct horse battery' }, 'correct horse battery'],
    [{ 'X-Something': VALUE }, VALUE],
    [{ authorization: VALUE }, VALUE],
    [{ Cookie: `lang=de; sid=${VALUE}` }, VALUE],
    [{ 'X-Session-Id': VALUE }, VALUE],
    [{ 'CF-Access-Client-Secret': VALUE }, VALUE],
    [{ 'X-Device': 'tGzv3JOkF0XG5Qx2TlKWIA9' }, 'tGzv3JOkF0XG5Qx2TlKWIA9'],
    [{ Authorization: 'Bearer mock-jwt-Zx81' }, 'mock-jwt-Zx81'],
    [{ 'X-Gateway': 'Summer-93105526' }, 'Summer-93105526'],
    [{ 'X-Gateway': 'kLm9Zx81' }, 'kLm9Zx81'],
    [{ 'X-Original-Authorization': 'Bearer 93jf84hf73hf0a0b' }, '93jf84hf73hf0a0b'],
    [{ 'X-Forwarded-Access-Token': '93jf84hf73hf0a0b' }, '93jf84hf73hf0a0b']
  ] as [Record<string, string>, string][])('are the values of its headers: %j', (headers, value) => {
    expect(secretsOf(headers)).toEqual([
      `warmup request 1: ${Object.keys(headers)[0]?.toLowerCase()}=${value}`
    ])
  })

  test('are the credentials of basic authentication, and the password in them', () => {
    const credentials = Buffer.from(`app:${VALUE}`).toString('base64')
    expect(secretsOf({ authorization: `Basic ${credentials}` })).toEqual([
      `warmup request 1: authorization=${credentials}`,
      `warmup request 1: authorization=${VALUE}`
    ])
  })

  test('are a token in front of a password that anybody could guess', () => {
    const token = '1971800d4d82861d8f2c1651fea4d212'
    const credentials = Buffer.from(`${token}:api_token`).toString('base64')
    expect(secretsOf({ authorization: `Basic ${credentials}` })).toEqual(
      [credentials, 'api_token', token].map((value) => `warmup request 1: authorization=${value}`)
    )
  })

  test('are not ordinary headers, plain words, numbers and placeholders', () => {
    expect(
      secretsOf({
        host: 'localhost:8080',
        accept: 'application/vnd.acme.v2+json',
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Warm-Up/1.0 (8c1f-OPAQUE)',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        'x-tenant': 'acme-production',
        'x-api-version': '2024-01-01',
        'x-callback': 'https://orders.example.org/8c1f',
        'x-api-key': 'placeholder-8c1f-OPAQUE'
      })
    ).toEqual([])
  })

  test.each(
    Object.entries({
      ...{
        'X-Request-Id': 'abc-123',
        'X-Tenant-Id': 'acme-prod-1',
        'X-User-Id': 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
      },
      ...{ 'X-Client-Id': 'orders-web-2', 'X-Device': 'iPhone14,2', 'X-App-Version': '2.14.1-SNAPSHOT+42' },
      ...{
        'X-Amzn-Trace-Id': 'Root=1-5759e988-bd862e3fe1be46a994272793',
        newrelic: 'eyJ2IjpbMCwxXSwiZCI6e319'
      },
      ...{
        'X-Cloud-Trace-Context': '105445aa7843bc8bf206b12000100000/1;o=1',
        'x-datadog-tags': '_dd.p.tid=66a1b2c3'
      },
      ...{
        'uber-trace-id': '463ac35c9f6413ad:48485a3953bb6124:0:1',
        SOAPAction: '"http://acme.org/GetOrder"'
      },
      ...{ 'Idempotency-Key': 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', ETag: '"686897696a7c876b7e"' },
      ...{ 'GraphQL-Operation': 'GetOrders2', 'HX-Target': '#orders-1', 'X-Timezone': 'Europe/Berlin' },
      ...{
        'X-Roles': 'ROLE_ADMIN,ROLE_USER',
        'X-Scope': 'orders:read orders:write',
        'X-Email': 'ci@acme.org'
      },
      ...{
        Cookie: 'lang=de; consent=v2.1:yes; theme=dark',
        'X-Level': 'level=2',
        'X-Stage': 'qa2.eu-west/blue'
      },
      ...{
        'X-Session-Affinity': 'node1.worker',
        'X-Original-URL': '/orders?id=1',
        Link: '<https://a.b/c>; rel="next"'
      }
    })
  )('are not in an ordinary header: %s: %s', (header, value) => {
    expect(secretsOf({ [header]: value })).toEqual([])
  })

  test.each([
    'Bearer test',
    'Bearer test-token',
    'Bearer mock-jwt-token',
    'Token none',
    'Basic YWRtaW46YWRtaW4='
  ])('of words of tests are not searched for: Authorization: %s', (authorization) => {
    const secrets = secretsOfRequest('warmup', { target: '/', headers: { authorization } })
    expect(needlesOf(secrets).needles).toEqual([])
  })

  test('are the named values in its query', () => {
    expect(secretsOf({}, `/orders?page=2&access_token=${VALUE}&name=x`)).toEqual([
      `warmup request 1: access_token=${VALUE}`
    ])
    expect(secretsOf({}, '/?password=a%20b%2Bc-8c1f+OPAQUE')).toEqual([
      'warmup request 1: password=a%20b%2Bc-8c1f+OPAQUE',
      'warmup request 1: password=a b+c-8c1f+OPAQUE',
      'warmup request 1: password=a b+c-8c1f OPAQUE'
    ])
  })

  test.each([
    ['JSON', '{"user":"ci","password":"S3cr3t-Value-1"}'],
    ['a form', 'user=ci&password=S3cr3t-Value-1'],
    ['XML', '<login><user>ci</user><password>S3cr3t-Value-1</password></login>']
  ])('are the named values in a body of %s', (_, body) => {
    expect(secretsOf({}, '/', body)).toEqual(['warmup request 1: body: password=S3cr3t-Value-1'])
  })

  test('are not the ids in its body', () => {
    expect(secretsOf({}, '/', '{"id":"tGzv3JOkF0XG5Qx2TlKWIA9","amount":12}')).toEqual([])
  })
})

describe('the secrets in arguments', () => {
  test.each([
    [['--db-password', VALUE]],
    [['--db-password=' + VALUE]],
    [['--db-password ' + VALUE]],
    [['-db.password', VALUE]],
    [['db-password=' + VALUE]]
  ])('are the values of named options: %j', (words) => {
    expect(
      secretsOfArguments('arguments', ['run', ...words, '--port', '8080']).map(({ value }) => value)
    ).toEqual([VALUE])
  })

  test('are words that look random, and headers', () => {
    expect(
      shown(
        secretsOfArguments('ready-command', [
          'curl',
          '-H',
          `Authorization: Bearer ${VALUE}`,
          'tGzv3JOkF0XG5Qx2TlKWIA9'
        ])
      )
    ).toEqual([
      `ready-command line 3: Authorization=${VALUE}`,
      'ready-command line 4=tGzv3JOkF0XG5Qx2TlKWIA9'
    ])
  })

  test('are not ordinary options', () => {
    expect(
      secretsOfArguments('arguments', [
        '--secret',
        '--token-type=Bearer',
        '--server.port=8080',
        '--name',
        'orders',
        '--verbose',
        'a-file'
      ])
    ).toEqual([])
  })
})

test('the secrets in options of the JVM are those of properties and of agents', () => {
  const options = [
    '-Xmx256m',
    `-Dspring.datasource.password=${VALUE}`,
    '-javaagent:/app/a.jar=name=orders,token=8c1f-OPAQUE-agent',
    '-agentpath:/app/b.so=tGzv3JOkF0XG5Qx2TlKWIA9',
    '-javaagent:/app/c.jar',
    '-Dfile.encoding=UTF-8'
  ]
  expect(shown(secretsOfJavaOptions('java-options', options))).toEqual([
    `java-options spring.datasource.password=${VALUE}`,
    'java-options: token=8c1f-OPAQUE-agent',
    'java-options agentpath=tGzv3JOkF0XG5Qx2TlKWIA9'
  ])
})

test('the secrets in a command with java are those of its options and of its other words', () => {
  const words = [
    'java',
    '-Dpwd=hunter2xyz9',
    '-Djwt=correct-horse-9',
    '-jar',
    'a.jar',
    '--password',
    'hunter2xyz8'
  ]
  expect(secretsOfCommand('command', words).map(({ value }) => value)).toEqual([
    'hunter2xyz9',
    'correct-horse-9',
    'hunter2xyz8'
  ])
})
