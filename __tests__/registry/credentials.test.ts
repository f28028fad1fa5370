import { describe, expect, test } from '@jest/globals'
import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { credentialsFor, storedLogins } from '../../src/registry/credentials.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('credentialsFor', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  async function given(config: unknown, registry: string) {
    writeFileSync(
      path.join(folder, 'config.json'),
      typeof config === 'string' ? config : JSON.stringify(config)
    )
    return await credentialsFor(registry, { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH']}` })
  }
  const password = (username: string, word: string) => ({ kind: 'password', username, password: word })

  test.each([
    [
      'as docker login writes it',
      'ghcr.io',
      { 'ghcr.io': { auth: base64('me:a:b') } },
      password('me', 'a:b')
    ],
    ['of an old client', 'ghcr.io', { 'https://ghcr.io/v1/': { auth: base64('me:x') } }, password('me', 'x')],
    [
      'of Docker Hub',
      'docker.io',
      { 'https://index.docker.io/v1/': { auth: base64('me:x') } },
      password('me', 'x')
    ],
    [
      'with a port',
      'localhost:5000',
      { 'localhost:5000': { username: 'me', password: 'x' } },
      password('me', 'x')
    ],
    [
      'with a key of an old client in front',
      'ghcr.io',
      { 'https://ghcr.io/v1/': { auth: base64('old:x') }, 'ghcr.io': { auth: base64('new:x') } },
      password('new', 'x')
    ],
    [
      'with that of another repository in front',
      'ghcr.io',
      { 'ghcr.io/other': { auth: base64('other:x') }, 'ghcr.io': { auth: base64('me:x') } },
      password('me', 'x')
    ],
    ['padded', 'ghcr.io', { 'ghcr.io': { auth: base64('me:x\0\0') } }, password('me', 'x')],
    [
      'an identity token',
      'a.io',
      { 'a.io': { auth: base64('me:'), identitytoken: 't' } },
      { kind: 'identity', token: 't' }
    ],
    ['of another registry', 'ghcr.io', { 'docker.io': { auth: base64('me:x') } }, undefined],
    ['empty, for a credential store', 'ghcr.io', { 'ghcr.io': {} }, undefined]
  ])('%s', async (_, registry, auths, expected) => {
    expect(await given({ auths }, registry)).toEqual(expected)
  })

  test('returns undefined without a file', async () => {
    expect(await credentialsFor('ghcr.io', { HOME: folder })).toBeUndefined()
  })

  test.each(['null', '7', '"text"'])('a file that is %s fails with a message', async (text) => {
    await expect(given(text, 'ghcr.io')).rejects.toThrow('it is not a JSON object')
  })

  test('a broken file fails with a message that does not quote it', async () => {
    const broken = given('{"auths": {"ghcr.io": {"auth": "c2VjcmV0"', 'ghcr.io')
    await expect(broken).rejects.toMatchObject({
      category: 'runner',
      message: expect.not.stringContaining('c2Vj')
    })
    await expect(given({ auths: { 'ghcr.io': { auth: base64('secret') } } }, 'ghcr.io')).rejects.toThrow(
      'is not NAME:PASSWORD'
    )
  })

  describe('of a credential helper', () => {
    function helper(script: string): void {
      const file = path.join(folder, 'docker-credential-test')
      writeFileSync(file, `#!/bin/sh\n[ "$1" = get ] || exit 9\nread -r host\n${script}\n`)
      chmodSync(file, 0o755)
    }
    test('returns the login, whether it is set for one registry or for all', async () => {
      helper('echo "{\\"Username\\": \\"u\\", \\"Secret\\": \\"for $host\\"}"')
      expect(await given({ credHelpers: { 'a.io': 'test' } }, 'a.io')).toEqual(password('u', 'for a.io'))
      expect(await given({ credHelpers: { 'a.io': 'test' } }, 'b.io')).toBeUndefined()
      const hub = { credHelpers: { 'https://index.docker.io/v1/': 'test' } }
      expect(await given(hub, 'docker.io')).toEqual(password('u', 'for https://index.docker.io/v1/'))
      expect(await given({ credsStore: 'test' }, 'docker.io')).toEqual(
        password('u', 'for https://index.docker.io/v1/')
      )
    })
    test('returns a token or undefined, or fails', async () => {
      helper('echo "{\\"Username\\": \\"<token>\\", \\"Secret\\": \\"t\\"}"')
      expect(await given({ credsStore: 'test' }, 'a.io')).toEqual({ kind: 'identity', token: 't' })
      helper('echo credentials not found in native keychain; exit 1')
      expect(await given({ credsStore: 'test' }, 'a.io')).toBeUndefined()
      helper('exit 3')
      await expect(given({ credsStore: 'test' }, 'a.io')).rejects.toThrow('exit code 3')
      await expect(given({ credsStore: 'no-such' }, 'a.io')).rejects.toMatchObject({ category: 'runner' })
      await expect(given({ credsStore: '../x' }, 'a.io')).rejects.toThrow('not the name of a program')
    })
  })

  test('storedLogins has every login that can be read, and names the others', async () => {
    await given(
      {
        auths: {
          'a.io': null,
          'b.io': { auth: base64('nocolon') },
          'c.io': { auth: 7 },
          'd.io': { auth: base64('me:x'), registrytoken: 'r' }
        },
        credHelpers: { 'e.io': 'no-such', 'f.io': 'no-such' }
      },
      'ghcr.io'
    )
    const { logins, unreadable } = await storedLogins({ DOCKER_CONFIG: folder, PATH: '' }, ['e.io', 'd.io'])
    expect(logins).toEqual([
      { registry: 'd.io', credentials: password('me', 'x') },
      { registry: 'd.io', credentials: { kind: 'identity', token: 'r' } }
    ])
    expect(unreadable).toEqual([
      expect.stringContaining('its login for "a.io" is not an object'),
      expect.stringContaining('its login for "b.io" has an `auth` that is not NAME:PASSWORD in base64'),
      expect.stringContaining('its login for "c.io" has a field that is not a text'),
      expect.stringContaining('docker-credential-no-such returned no login for e.io')
    ])
  })
})
