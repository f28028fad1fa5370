import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { needlesOf } from '../../src/secrets/scanner/needles.js'
import type { SecretReport } from '../../src/secrets/report.js'
import { metadataErrors } from '../support/metadata.js'
import { addBaseWithLayer } from './support/base-with-layer.js'
import {
  addClass,
  annotations,
  docker,
  e2eSuite,
  engineContents,
  errorOf,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  registryDigest,
  runAction,
  world
} from './support/lab.js'
import { plant, random, type Planted } from './support/planted-secrets.js'

interface Metadata {
  snapshot: { content: { environment: string[] } }
}

/** What the images and the engine give to the JVM. */
const OF_THE_CONTAINER = new Set([
  'CRAC_CRIU_OPTS',
  'CRAC_CRIU_PATH',
  // The JVM sets both with CPUFeatures=generic.
  'GLIBC_TUNABLES',
  'HOTSPOT_GLIBC_TUNABLES_REEXEC',
  'HOME',
  'HOSTNAME',
  'JAVA_HOME',
  'LANG',
  'PATH'
])

// Secrets in real snapshots of a real application, and in none.
e2eSuite('the search for secrets', ['Secrets'], ({ context, folder }) => {
  const environment = random()
  const image = freshTag('secrets')
  const base = 'e2e-secrets-base:1'
  const inBase = { file: random(), attribute: random() }
  const constant = random()
  const header = random()
  const body = random()
  const property = random()
  const argument = random()
  const label = random()
  let held: Awaited<ReturnType<typeof plant>>
  let planted: Planted[]
  labBeforeAll(async () => {
    held = await plant()
    const listed = held.secretValues.split('\n').length
    const line = (number: number, value: string, place: string, encoding = 'utf-8'): Planted => ({
      name: `secret-values line ${listed + number}`,
      value,
      place,
      encoding
    })
    const heap = { place: 'Java heap', encoding: 'utf-8' }
    planted = [
      ...held.planted,
      line(1, inBase.file, '/etc/planted'),
      line(2, inBase.attribute, '/etc/attributed'),
      line(3, constant, '/opt/crac-checkpoint/archive/classes.cds'),
      line(4, label, 'label note'),
      { ...heap, name: 'env DB_PASSWORD', value: environment, place: 'environment and arguments' },
      { ...heap, name: 'java-options api.token', value: property, place: 'environment and arguments' },
      { ...heap, name: 'arguments db-password', value: argument, place: 'environment and arguments' },
      { ...heap, name: 'warmup request 1: authorization', value: header },
      { ...heap, name: 'warmup request 1: body: password', value: body }
    ]
  })
  labAfterAll(() => void docker('image', 'rm', '--force', image, base))

  async function job(
    inputs: Record<string, string>,
    options: Partial<StepOptions> = {}
  ): Promise<StepResult> {
    const given = {
      context,
      tags: image,
      arguments: `--db-password=${argument}\n${held.arguments}`,
      env: `DB_PASSWORD=${environment}\nPROFILE=prod\nHOME_PAGE=https://example.org/`,
      'java-options': `-Dapi.token=${property}`,
      labels: `note=${label}`,
      warmup: `POST /login '{"user":"ci","password":"${body}"}'\nAuthorization: Bearer ${header}\nAccept: application/json`,
      'secret-scan': 'fail',
      'secret-values': [held.secretValues, inBase.file, inBase.attribute, constant, label].join('\n'),
      ...inputs
    }
    return await runAction(given, options)
  }

  /** No secret in any form, in all that a step shows and keeps. The runner takes the lines that mask out of the log. */
  function expectSilence(step: StepResult, kept: readonly Buffer[] = []): void {
    const log = step.log.replace(/^::add-mask::.*$/gm, '')
    const shown = Buffer.from([log, step.summary, step.post.log, ...Object.values(step.outputs)].join('\n'))
    const leaked = planted.filter(({ name, value }) =>
      needlesOf([{ name, value }]).needles.some(
        ({ bytes, confirmation }) =>
          confirmation === undefined && [shown, ...kept].some((text) => text.includes(bytes))
      )
    )
    expect(leaked.map(({ name }) => name)).toEqual([])
    for (const secret of [environment, label, header]) expect(step.log).toContain(`::add-mask::${secret}\n`)
  }

  const reportOf = (step: StepResult): SecretReport =>
    (JSON.parse(step.outputs['metadata'] ?? '{}') as { secrets: SecretReport }).secrets

  labTest(
    '`warn`: each of 60 secrets is found where it is, named, and not shown; the image is pushed',
    async () => {
      addClass(path.join(context, 'app.jar'), 'Constant', `static String text = "${constant}";`)
      await addBaseWithLayer(base, folder, {
        'etc/planted': inBase.file,
        'etc/attributed': { header: { pax: { 'SCHILY.xattr.user.note': inBase.attribute } }, content: 'a' }
      })
      const kept: Buffer[] = []
      const step = await job(
        { 'secret-scan': 'warn', push: 'true', archive: 'auto', 'base-image': base },
        {
          between: async ({ outputs }) => {
            const logs = outputs['logs'] ?? ''
            kept.push(...readdirSync(logs).map((name) => readFileSync(path.join(logs, name))))
            return await Promise.resolve()
          }
        }
      )
      if (step.exitCode !== 0) throw new Error(step.log)
      const { found } = reportOf(step)
      const missed = planted.filter(
        ({ name, place, encoding }) =>
          !found.some(
            (one) =>
              one.name === name &&
              one.occurrences.some(
                ({ file, mapping, encoding: other }) =>
                  (file === place || (/snapshot\/pages-\d+\.img$/.test(file) && mapping === place)) &&
                  other === encoding
              )
          )
      )
      expect(missed.map(({ name, place, encoding }) => `${name}: ${place}: ${encoding}`)).toEqual([])
      expect(planted.length).toBeGreaterThanOrEqual(60)
      expect(new Set(planted.map(({ value }) => value)).size).toBe(planted.length)
      expect(annotations(step, 'warning')).toEqual([
        expect.stringContaining(`${found.length} secrets are in the image: `)
      ])
      expect(step.summary).toContain(`${found.length} secrets are in the image: `)
      expect(metadataErrors(step.outputs['metadata'] ?? '')).toEqual([])
      expect(step.outputs['digest']).toBe(await registryDigest(image))
      expect(kept.length).toBeGreaterThan(3)
      expectSilence(step, kept)
    }
  )

  labTest('`fail`: nothing is pushed, tagged or left', async () => {
    const before = engineContents()
    const tag = freshTag('secrets-fail')
    const step = await job({ push: 'true', tags: tag })
    expect(step.exitCode).toBe(1)
    // The first line has the names of ten secrets, in the order in which the layers were read; the places are below.
    expect(errorOf(step)).toMatch(
      /^\d+ secrets are in the image: .* and \d+ more\.[^]*afterRestore[^]*\(category: secret\)/m
    )
    expect(errorOf(step)).toMatch(
      /^secret-values line \d+: \/opt\/crac-checkpoint\/snapshot\/pages-\d+\.img/m
    )
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
