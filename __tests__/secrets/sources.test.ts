import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/lib/errors.js'
import {
  masksOf,
  parseSecretValues,
  secretsOfValues,
  secretsOfLogins,
  secretsOfRunner
} from '../../src/secrets/sources.js'

describe('the secrets of a run', () => {
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

describe('the secrets in `secret-values`', () => {
  const found = (value: string): string[] =>
    secretsOfValues([{ name: 'secret-values line 1', value }]).map((secret) => secret.value)

  test.each([
    ['an address', 'postgres://app:Zx81-kLm9-Qq@db.acme.com/prod'],
    ['an address with escapes', 'postgres://app:Zx81-kLm9-Q%71@db.acme.com/prod'],
    ['JSON in one line', '{"user":"ci","password":"Zx81-kLm9-Qq"}'],
    ['a line of an .env file', 'DB_PASSWORD=Zx81-kLm9-Qq'],
    ['a line of an .env file with quotes', 'DB_PASSWORD="Zx81-kLm9-Qq"'],
    ['a name and a password', 'ci:Zx81-kLm9-Qq'],
    ['a connection string', 'Server=db;User Id=app;Pwd=Zx81-kLm9-Qq;Encrypt=true']
  ])('are the value, and the secret inside it: %s', (_, value) => {
    expect(found(value)).toContain(value)
    expect(found(value)).toContain('Zx81-kLm9-Qq')
  })

  test('are a PEM block as a whole', () => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvgIBADANBgkqhkiG9w0B'.repeat(4)}\n-----END PRIVATE KEY-----`
    expect(found(pem)).toEqual([pem])
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
