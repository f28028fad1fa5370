import { describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { secretsIn } from '../../src/secrets/sources.js'

describe('secretsIn', () => {
  const valuesOf = (name: string, value: string): string[] =>
    secretsIn('env', name, value).map((secret) => secret.value)

  test.each([
    ['DB_PASSWORD', 'correct horse battery'],
    ['spring_datasource_password', 'tr0ub4dor&3'],
    ['dbPassword', 'tr0ub4dor&3'],
    ['STRIPE_API_KEY', 'abcd-efgh-ijkl'],
    ['AWS_SECRET_ACCESS_KEY', '/Jalr+UtnFEMI/K7MDENG/bPxRfiCY'],
    ['GITHUB_TOKEN', 'anything-at-all'],
    ['MYSQL_PASS', 'tr0ub4dor&3'],
    ['DEPLOY', 'tGzv3JOkF0XG5Qx2TlKWIA9']
  ])('%s is one', (name, value) => {
    expect(secretsIn('env', name, value)).toEqual([{ name: `env ${name}`, value }])
  })

  test.each([
    ['SPRING_PROFILES_ACTIVE', 'prod,metrics'],
    ['SERVER_URL', 'https://orders.example.org:8443/api/v1'],
    ['TOKEN_URL', 'https://login.acme.org/oauth/token'],
    ['DB_PASSWORD_FILE', '/run/secrets/db-password'],
    ['DB_PASSWORD', '/run/secrets/db'],
    ['DB_PASSWORD', 'placeholder-until-the-restore'],
    ['DB_PASSWORD', '${DB_PASSWORD}'],
    ['PWD', '/home/runner/work/hello/hello'],
    ['JAVA_TOOL_OPTIONS', '-Xmx256m -Dfile.encoding=UTF-8'],
    ['GITHUB_SHA', '7f3b1c9d5e2a8f604b1d3c5e7f9a0b2c4d6e8f01'],
    ['BUILD_ID', 'tGzv3JOkF0XG5Qx2TlKWIA9'],
    ['TITLE', 'OrdersServiceProductionEurope2024'],
    ['RUNNER_TEMP', '/tmp/tGzv3JOkF0XG5Qx2TlKWIA9'],
    ['TRACKING', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    [
      'ACTIONS_ID_TOKEN_REQUEST_URL',
      'https://pipelines.actions.githubusercontent.com/tGzv3JOkF0XG5Qx2TlKWIA9'
    ]
  ])('%s=%s is none', (name, value) => {
    expect(valuesOf(name, value)).toEqual([])
  })

  test('of an address with a password it is the password, of a text with a token the token', () => {
    expect(valuesOf('DATABASE_URL', 'postgres://app:tr0ub4dor-3@db:5432/orders')).toEqual(['tr0ub4dor-3'])
    expect(valuesOf('JDBC', 'jdbc:postgresql://db/orders?user=app&password=tr0ub4dor-3')).toEqual([
      'tr0ub4dor-3'
    ])
    const token = `ghp_${randomBytes(18).toString('hex')}`
    expect(valuesOf('HEADERS', `Authorization: Bearer ${token}`)).toEqual([token])
  })

  test('of random values of 24 bytes, most are told by themselves', () => {
    const values = Array.from({ length: 500 }, () => randomBytes(24).toString('base64url'))
    expect(values.filter((value) => valuesOf('X', value).length === 1).length).toBeGreaterThan(450)
  })
})
