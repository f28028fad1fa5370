import { describe, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { INPUT_NAMES, INPUTS, type Harmless, type InputName } from '../../src/inputs/inputs.js'
import { knownSecrets, secretsOfInputs } from '../../src/inputs/known-secrets.js'
import { inputsWith } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const VALUE = '8c1f-OPAQUE-token-77aQ'

let folder: string
temporaryFolder((created) => (folder = created))

/** Texts with the value in them, for each input that can contain a secret. */
const WITH_SECRET: Partial<Record<InputName, string[]>> = {
  'java-options': [`-Ddb.password=${VALUE}`, `-javaagent:/app/a.jar=token=${VALUE}`],
  arguments: [`--db-password=${VALUE}`, `--db-password\n${VALUE}`],
  env: [`AUTH_KEY=${VALUE}`, `DATABASE_URL=postgres://app:${VALUE}@db.example.com/prod`],
  command: [`java -jar /a.jar --db-password=${VALUE}`],
  'build-args': [`NPM_TOKEN=${VALUE}`],
  'build-secrets': [`maven=${VALUE}`],
  'ready-url': [`/health?token=${VALUE}`, `/health\nX-Api-Key: ${VALUE}`],
  'ready-command': [`curl --password ${VALUE} localhost:8080`],
  warmup: [
    `GET /orders?access_token=${VALUE}`,
    `GET /orders\nAuthorization: Bearer ${VALUE}`,
    `POST /login '{"user":"ci","password":"${VALUE}"}'`,
    'POST /login @login.json'
  ],
  'secret-values': [VALUE],
  labels: [`deploy-token=${VALUE}`],
  'github-token': [VALUE],
  'github-api-url': [`https://app:${VALUE}@github.acme.com/api/v3`]
}

const REASONS: Harmless[] = ['a path', 'a name', 'a number', 'a choice', 'a pattern']

describe('each row of the table of inputs', () => {
  test('says why nothing of it is a secret, or is tried below', () => {
    const others = INPUT_NAMES.filter((name) => !REASONS.includes(INPUTS[name].secrets as Harmless))
    expect(others.sort()).toEqual(Object.keys(WITH_SECRET).sort())
  })

  test.each(Object.entries(WITH_SECRET))('finds the secret in %s', async (name, texts) => {
    writeFileSync(path.join(folder, 'login.json'), JSON.stringify({ user: 'ci', password: VALUE }))
    for (const text of texts) {
      const found = await secretsOfInputs(
        inputsWith({ [name]: text, ...(name === 'command' ? { image: 'a:1' } : {}) }),
        folder
      )
      expect(found.map(({ value }) => value)).toEqual([VALUE])
      expect(found[0]?.name).toMatch(new RegExp(`^${name}`))
    }
  })

  test('finds what is secret inside a build secret, which may be a file', async () => {
    const given = inputsWith({ 'build-secrets': `npmrc=//npm.acme.org/:_authToken=${VALUE}` })
    const values = (await secretsOfInputs(given, folder)).map(({ value }) => value)
    expect(values).toEqual(expect.arrayContaining([`//npm.acme.org/:_authToken=${VALUE}`, VALUE]))
  })

  test('finds no secret in the defaults', async () => {
    expect(await secretsOfInputs(inputsWith({}), folder)).toEqual([])
  })
})

describe('knownSecrets', () => {
  const inputs = (mode: string) => inputsWith({ 'secret-scan': mode, 'secret-values': 'one' })
  async function known(mode: string, config: unknown): Promise<{ values: string[]; warnings: string[] }> {
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
    const warnings: string[] = []
    const environment = { DOCKER_CONFIG: folder, GITHUB_TOKEN: 'ghs_a1' }
    const secrets = await knownSecrets(inputs(mode), {
      workspace: folder,
      environment,
      log: { warning: (line) => warnings.push(line) }
    })
    return { values: secrets.map(({ value }) => value), warnings }
  }
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const broken = { auths: { 'b.io': { auth: base64('nocolon') }, 'ghcr.io': { auth: base64('me:p') } } }

  test('has the secrets of inputs, of the environment and of logins', async () => {
    const { values, warnings } = await known('fail', { auths: { 'ghcr.io': { auth: base64('me:p') } } })
    expect(values).toEqual(['one', 'ghs_a1', 'p', base64('me:p')])
    expect(warnings).toEqual([])
  })

  test('fails for a login that cannot be read, and names it', async () => {
    await expect(known('fail', broken)).rejects.toMatchObject({
      category: 'runner',
      message: expect.stringMatching(/Not all logins .*its login for "b\.io" has an `auth`/)
    })
    await expect(known('fail', null)).rejects.toMatchObject({ category: 'runner' })
  })

  test('warns of it with `secret-scan: warn`, and still has the other logins', async () => {
    const { values, warnings } = await known('warn', broken)
    expect(values).toEqual(['one', 'ghs_a1', 'p', base64('me:p')])
    expect(warnings).toEqual([expect.stringContaining('"b.io"')])
    expect((await known('off', broken)).warnings).toEqual([])
  })
})
