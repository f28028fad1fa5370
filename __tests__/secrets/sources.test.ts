import { describe, expect, test } from '@jest/globals'
import { secretsOfInputs, secretsOfLogins, secretsOfRunner } from '../../src/secrets/sources.js'
import { inputsWith } from '../support/inputs.js'

describe('the secrets of a run', () => {
  test('of the inputs: secret-values, what of env and build-args reads like one, the token', () => {
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

  test("of the runner: its tokens, not the step's inputs, and not its ordinary variables", () => {
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

  test('of a login: the password, and the pair as a header has it; or the token', () => {
    const password = { kind: 'password' as const, username: 'me', password: 'p' }
    const identity = { kind: 'identity' as const, token: 't' }
    const found = secretsOfLogins([
      { registry: 'ghcr.io', credentials: password },
      { registry: 'a.io', credentials: identity }
    ])
    expect(found.map(({ value }) => value)).toEqual(['p', Buffer.from('me:p').toString('base64'), 't'])
  })
})
