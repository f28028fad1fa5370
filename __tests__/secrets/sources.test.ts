import { describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { Failure } from '../../src/lib/errors.js'
import {
  masksOf,
  parseSecretValues,
  secretsIn,
  secretsOfInputs,
  secretsOfLogins,
  secretsOfRunner
} from '../../src/secrets/sources.js'
import { inputsWith } from '../support/inputs.js'

describe('the secrets of a run', () => {
  test('in the inputs: secret-values, settings that look like secrets, and the token', () => {
    const inputs = inputsWith({
      'secret-values': 'one\ntwo',
      env: 'PROFILE=prod\nAPI_TOKEN=tr0ub4dor&3',
      'java-options': '-Xmx256m\n-Dspring.datasource.password=tr0ub4dor&5',
      arguments: '--mail.api-key=tr0ub4dor&6\n--server.port=8080\nsome-password=x',
      file: 'Dockerfile',
      'build-args': 'NPM_TOKEN=tr0ub4dor&4\nVERSION=1.2',
      'github-token': 'ghs_x'
    })
    expect(secretsOfInputs(inputs).map(({ name, value }) => `${name}=${value}`)).toEqual([
      'secret-values line 1=one',
      'secret-values line 2=two',
      'env API_TOKEN=tr0ub4dor&3',
      'build-args NPM_TOKEN=tr0ub4dor&4',
      'java-options spring.datasource.password=tr0ub4dor&5',
      'arguments mail.api-key=tr0ub4dor&6',
      'github-token=ghs_x'
    ])
  })

  test('in the environment: tokens, but not inputs or ordinary variables', () => {
    const found = secretsOfRunner({
      GITHUB_TOKEN: 'ghs_a1',
      ACTIONS_RUNTIME_TOKEN: 'a2',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a3',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://a.example',
      'INPUT_GITHUB-TOKEN': 'a4',
      PATH: '/usr/bin:/bin',
      HOME: '/root'
    })
    expect(found.map(({ value }) => value)).toEqual(['ghs_a1', 'a2', 'a3'])
  })

  test('in a login: the password and the pair in base64, or the token', () => {
    const password = { kind: 'password' as const, username: 'me', password: 'p' }
    const identity = { kind: 'identity' as const, token: 't' }
    const found = secretsOfLogins([
      { registry: 'ghcr.io', credentials: password },
      { registry: 'a.io', credentials: identity }
    ])
    expect(found.map(({ value }) => value)).toEqual(['p', Buffer.from('me:p').toString('base64'), 't'])
  })
})

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
  ])('%s is a secret', (name, value) => {
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
  ])('%s=%s is not a secret', (name, value) => {
    expect(valuesOf(name, value)).toEqual([])
  })

  test('finds the password in an address, and the token in a text', () => {
    expect(valuesOf('DATABASE_URL', 'postgres://app:tr0ub4dor-3@db:5432/orders')).toEqual(['tr0ub4dor-3'])
    expect(valuesOf('JDBC', 'jdbc:postgresql://db/orders?user=app&password=tr0ub4dor-3')).toEqual([
      'tr0ub4dor-3'
    ])
    const token = `ghp_${randomBytes(18).toString('hex')}`
    expect(valuesOf('HEADERS', `Authorization: Bearer ${token}`)).toEqual([token])
  })

  test('recognizes most random values of 24 bytes under any name', () => {
    const values = Array.from({ length: 500 }, () => randomBytes(24).toString('base64url'))
    expect(values.filter((value) => valuesOf('X', value).length === 1).length).toBeGreaterThan(450)
  })
})

describe('parseSecretValues', () => {
  const pem =
    '-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0B\nAQEFAASCBKgwggSkAgEAAoIB\n-----END PRIVATE KEY-----'
  const json = '{\n  "type": "service_account",\n  "nested": {\n    "a": 1\n  }\n}'

  test('returns one value per line, without white space around it, named after its line', () => {
    expect(parseSecretValues('first\r\n\n  se cond= \n')).toEqual([
      { name: 'secret-values line 1', value: 'first' },
      { name: 'secret-values line 3', value: 'se cond=' }
    ])
  })

  test('returns a PEM block and a JSON object as one value each', () => {
    expect(parseSecretValues(`a\n${pem}\n${json}\nb`)).toEqual([
      { name: 'secret-values line 1', value: 'a' },
      { name: 'secret-values line 2', value: pem },
      { name: 'secret-values line 6', value: json },
      { name: 'secret-values line 12', value: 'b' }
    ])
  })

  test('returns a brace that does not begin an object as a value', () => {
    expect(parseSecretValues('{\nx').map(({ value }) => value)).toEqual(['{', 'x'])
  })

  test('refuses a PEM block without an end, and does not show it', () => {
    let message = ''
    try {
      parseSecretValues('-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYS')
    } catch (error) {
      message = error instanceof Failure ? `${error.category} ${error.message} ${error.fix}` : ''
    }
    expect(message).toMatch(/^input .*line 1/)
    expect(message).not.toContain('MHcC')
  })

  test('masks the value, and each long line of it', () => {
    expect(masksOf({ name: 'a', value: 'x' })).toEqual(['x'])
    expect(masksOf({ name: 'a', value: json })).toEqual([json, '"type": "service_account",', '"nested": {'])
  })
})
