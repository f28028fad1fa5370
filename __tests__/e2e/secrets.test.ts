import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { formsOf } from '../../src/secrets/scanner/encodings.js'
import type { SecretReport } from '../../src/secrets/report.js'
import { metadataErrors } from '../support/metadata.js'
import {
  annotations,
  docker,
  e2eSuite,
  engineContents,
  errorOf,
  freshTag,
  labAfterAll,
  labTest,
  registryDigest,
  runAction,
  world
} from './support/lab.js'

const random = (): string => `${randomBytes(15).toString('base64url')}Aa1`

interface Metadata {
  snapshot: { content: { environment: string[] } }
}

/** What the images and the engine give to the JVM. */
const OF_THE_CONTAINER = new Set([
  'CRAC_CRIU_OPTS',
  'CRAC_CRIU_PATH',
  'HOME',
  'HOSTNAME',
  'JAVA_HOME',
  'LANG',
  'PATH',
  'PWD'
])

// Secrets in real snapshots of a real application, and in none.
e2eSuite('the search for secrets', ['Secrets'], ({ context }) => {
  const held = {
    string: random(),
    chars: random(),
    bytes: random(),
    base64: random(),
    connection: random(),
    file: random(),
    name: random(),
    war: random(),
    gzip: random(),
    link: random()
  }
  const environment = random()
  const label = random()
  const secrets = [...Object.values(held), environment, label]
  const lineOf = (name: keyof typeof held): string =>
    `secret-values line ${Object.keys(held).indexOf(name) + 1}`

  const image = freshTag('secrets')
  labAfterAll(() => void docker('image', 'rm', '--force', image))

  async function job(
    inputs: Record<string, string>,
    options: Partial<StepOptions> = {}
  ): Promise<StepResult> {
    const turned = (text: string): string =>
      Buffer.from(Buffer.from(text).map((byte) => byte ^ 0xff)).toString('hex')
    const given = {
      context,
      tags: image,
      arguments: Object.entries({ ...held, base64: Buffer.from(held.base64).toString('base64') })
        .map(([name, value]) => `${name}=${turned(value)}`)
        .join('\n'),
      env: `DB_PASSWORD=${environment}\nPROFILE=prod\nHOME_PAGE=https://example.org/`,
      labels: `note=${label}`,
      'secret-scan': 'fail',
      'secret-values': `${Object.values(held).join('\n')}\n${label}`,
      ...inputs
    }
    return await runAction(given, options)
  }

  /** No secret in any form, in all that a step shows. The runner takes the lines that mask out of the log. */
  function expectSilence(step: StepResult): void {
    const log = step.log.replace(/^::add-mask::.*$/gm, '')
    const shown = [log, step.summary, step.post.log, ...Object.values(step.outputs)].join('\n')
    const leaked = secrets.filter((secret) =>
      formsOf(secret).some(({ bytes }) => shown.includes(bytes.toString('utf8')))
    )
    expect(leaked).toEqual([])
    for (const secret of secrets) expect(step.log).toContain(`::add-mask::${secret}\n`)
  }

  const reportOf = (step: StepResult): SecretReport =>
    (JSON.parse(step.outputs['metadata'] ?? '{}') as { secrets: SecretReport }).secrets

  labTest('`warn`: each secret is found where it is, named, and not shown; the image is pushed', async () => {
    const step = await job({ 'secret-scan': 'warn', push: 'true' })
    if (step.exitCode !== 0) throw new Error(step.log)
    const found = new Map(reportOf(step).found.map((one) => [one.name, one]))
    const places = (name: string): string[] =>
      (found.get(name)?.occurrences ?? [])
        .filter(({ file }) => /snapshot\/pages-\d+\.img$/.test(file))
        .map(({ mapping, encoding }) => `${mapping} ${encoding}`)
    expect(places(lineOf('string'))).toContain('Java heap utf-8')
    expect(places(lineOf('chars'))).toContain('Java heap utf-16le')
    expect(places(lineOf('bytes'))).toContain('Java heap utf-8')
    expect(places(lineOf('base64'))).toContain('Java heap base64')
    expect(places(lineOf('connection'))).toContain('Java heap utf-8')
    expect(places('env DB_PASSWORD')).toContain('environment and arguments utf-8')
    expect(found.get(lineOf('file'))?.occurrences).toContainEqual({
      file: '/tmp/settings',
      mapping: null,
      encoding: 'utf-8',
      count: 1
    })
    expect(found.get(lineOf('name'))?.occurrences).toContainEqual({
      file: '(a file name that contains the secret)',
      mapping: 'its name',
      encoding: 'utf-8',
      count: 1
    })
    const archived = { war: '/tmp/app.war!/a.jar!/b.jar!/x.yml', gzip: '/tmp/old.log.1' }
    for (const [name, file] of Object.entries(archived))
      expect(found.get(lineOf(name as 'war' | 'gzip'))?.occurrences).toContainEqual(
        expect.objectContaining({ file, count: 50 })
      )
    expect(found.get(lineOf('link'))?.occurrences).toContainEqual(
      expect.objectContaining({ file: '/tmp/link', mapping: 'its attributes' })
    )
    expect(found.get(`secret-values line ${Object.keys(held).length + 1}`)?.occurrences).toContainEqual(
      expect.objectContaining({ file: 'label note' })
    )
    // Ordinary settings are none. The label is known by two names: its line in `secret-values`, and its own.
    expect(found.has('labels note')).toBe(true)
    expect(found.size).toBe(secrets.length + 1)
    expect(annotations(step, 'warning')).toEqual([
      expect.stringContaining(`${secrets.length + 1} secrets are in the image: `)
    ])
    expect(step.summary).toContain(`${secrets.length + 1} secrets are in the image: `)
    expect(metadataErrors(step.outputs['metadata'] ?? '')).toEqual([])
    expect(step.outputs['digest']).toBe(await registryDigest(image))
    expectSilence(step)
  })

  labTest('`fail`: nothing is pushed, tagged or left', async () => {
    const before = engineContents()
    const tag = freshTag('secrets-fail')
    const step = await job({ push: 'true', tags: tag })
    expect(step.exitCode).toBe(1)
    // The first line has the names of ten secrets, in the order in which the layers were read; the places are below.
    expect(errorOf(step)).toMatch(
      /13 secrets are in the image: .* and 3 more\.[^]*afterRestore[^]*\(category: secret\)/
    )
    expect(errorOf(step)).toMatch(/^env DB_PASSWORD: \/opt\/crac-checkpoint\/snapshot\/pages-\d+\.img/m)
    expect(step.summary).toContain('env DB_PASSWORD')
    expectSilence(step)
    expect(await registryDigest(tag)).toBeUndefined()
    expect(engineContents()).toBe(before)
    expect(step.left).toEqual([])
  })

  labTest(
    '`off`: nothing is scanned, and the log says so; the kept logs are private, without secrets',
    async () => {
      const token = random()
      const logs = new Map<string, string>()
      const modes = new Set<string>()
      const step = await job(
        { 'secret-scan': 'off', env: `DB_PASSWORD=${environment}\nLOGGED_TOKEN=${token}` },
        {
          between: async ({ outputs }) => {
            const folder = outputs['logs'] ?? ''
            const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8)
            for (const one of [folder, path.dirname(folder)]) modes.add(`folder ${mode(one)}`)
            for (const name of readdirSync(folder)) {
              modes.add(`file ${mode(path.join(folder, name))}`)
              logs.set(name, readFileSync(path.join(folder, name), 'latin1'))
            }
            return await Promise.resolve()
          }
        }
      )
      if (step.exitCode !== 0) throw new Error(step.log)
      expect(reportOf(step)).toMatchObject({ mode: 'off', found: [] })
      expect(step.summary).toContain('The image was not scanned for secrets')
      expectSilence(step)
      expect([...modes].sort()).toEqual(['file 600', 'folder 700'])
      expect([...logs.keys()]).toEqual(expect.arrayContaining(['application.log', 'dump4.log', 'jcmd.log']))
      expect([...logs].filter(([, text]) => text.includes(token)).map(([name]) => name)).toEqual([])
      expect(logs.get('application.log')?.match(/^token .*$/gm)).toEqual(['token ***', 'token ***'])
    }
  )

  describe('on a runner as it is', () => {
    let config: string
    beforeAll(() => {
      config = mkdtempSync(path.join(tmpdir(), 'e2e-login-'))
      const auth = Buffer.from(`ci:${random()}`).toString('base64')
      writeFileSync(path.join(config, 'config.json'), JSON.stringify({ auths: { 'ghcr.io': { auth } } }))
    })
    afterAll(() => rmSync(config, { recursive: true }))

    labTest('nothing of it gets into the container: the sample has no finding', async () => {
      const part = (): string => randomBytes(30).toString('base64url')
      const jwt = `${Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url')}.eyJ${part()}.${part()}`
      const ordinary = random()
      const step = await runAction(
        { 'secret-values': ordinary, 'secret-scan': 'fail' },
        {
          environment: {
            ...world.environment,
            DOCKER_CONFIG: config,
            GITHUB_TOKEN: `ghs_${randomBytes(18).toString('hex')}`,
            ACTIONS_RUNTIME_TOKEN: jwt,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: jwt.replace('RS', 'ES'),
            ACTIONS_ID_TOKEN_REQUEST_URL:
              'https://pipelines.actions.githubusercontent.com/x/idtoken?api-version=2.0',
            DEPLOY_KEYS: '',
            NPM_TOKEN: `npm_${randomBytes(18).toString('hex')}`,
            GITHUB_SHA: randomBytes(20).toString('hex'),
            GITHUB_REPOSITORY: 'acme/hello',
            GITHUB_SERVER_URL: 'https://github.com',
            GITHUB_ACTOR: 'octocat',
            RUNNER_NAME: `runner ${ordinary}`,
            ImageOS: 'ubuntu24'
          }
        }
      )
      if (step.exitCode !== 0) throw new Error(step.log)
      const { searched, found, untrusted, bytes } = reportOf(step)
      expect(searched).toEqual(
        expect.arrayContaining([
          'secret-values line 1',
          "the runner's GITHUB_TOKEN",
          "the runner's ACTIONS_RUNTIME_TOKEN",
          "the runner's ACTIONS_ID_TOKEN_REQUEST_TOKEN",
          "the runner's NPM_TOKEN",
          'login at ghcr.io'
        ])
      )
      expect({ found, untrusted }).toEqual({ found: [], untrusted: null })
      expect(bytes).toBeGreaterThan(100_000_000)
      const { environment } = (JSON.parse(step.outputs['metadata'] ?? '{}') as Metadata).snapshot.content
      expect(environment.filter((name) => !OF_THE_CONTAINER.has(name))).toEqual([])
      expect(annotations(step, 'warning')).toEqual([])
      expect(step.summary).toContain('**Secrets:** none found in')
    })
  })
})
