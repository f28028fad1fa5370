import { describe, expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ensureBuiltImage } from '../../lab/built-image.js'
import { startPostgres, type Postgres } from '../../lab/postgres.js'
import { progressOnStderr } from '../../lab/progress.js'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { ensureSample, SAMPLES } from '../../lab/samples.js'
import { callUntilAnswer, DECLARED_FLAGS } from '../../lab/started-image.js'
import { example, inputsOf } from '../support/examples.js'
import {
  byDigest,
  containerLog,
  docker,
  engineContents,
  errorOf,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'
import { wrongAnswers } from './support/load.js'

describe('spring-boot-orders, with a pool of connections to a database', () => {
  let context: string
  const network = `e2e-database-${process.pid}`
  const tag = freshTag('database')
  const password = {
    build: `placeholder-${randomBytes(12).toString('hex')}`,
    run: randomBytes(12).toString('hex')
  }
  let atBuild: Postgres
  let atRun: Postgres
  let untouched: string
  let before: string
  let step: StepResult
  let after: string
  /** State of the database after the snapshot, before anything else was started. */
  let afterSnapshot: Promise<State> | undefined

  labBeforeAll(async () => {
    const { environment, baseImage } = world
    const sample = SAMPLES.find(({ database }) => database)
    if (!sample) throw new Error('no sample')
    context = await ensureSample(sample, world, progressOnStderr)
    const image = await ensureBuiltImage('postgres', environment, baseImage, progressOnStderr)
    untouched = engineContents()
    docker('network', 'create', network)
    const shared = { environment, image, network }
    atBuild = await startPostgres({
      ...shared,
      alias: 'db-build',
      database: 'orders',
      user: 'build',
      password: password.build
    })
    atRun = await startPostgres({
      ...shared,
      alias: 'db-run',
      database: 'customers',
      user: 'run',
      password: password.run
    })
    before = engineContents()
    step = await checkpoint(
      { tags: tag },
      {
        onOutput: (text) => {
          if (text.includes('::group::Make the image with the snapshot')) afterSnapshot = stateOf(atBuild)
        }
      }
    )
    after = engineContents()
    if (step.exitCode !== 0) throw new Error(step.log)
  })
  labAfterAll(async () => {
    await atBuild?.remove()
    await atRun?.remove()
    docker('network', 'rm', network)
    docker('image', 'rm', '--force', tag, pushed())
    if (engineContents() !== untouched) throw new Error(engineContents())
  })

  const pushed = (): string => byDigest(tag, step)

  async function checkpoint(
    inputs: Record<string, string>,
    options: Partial<StepOptions> = {}
  ): Promise<StepResult> {
    const env = Object.entries(variables(atBuild, 'build')).map(([name, value]) => `${name}=${value}`)
    // The values of the expressions of the workflow for a push.
    const event = { push: 'true', 'skip-unchanged': 'false' }
    const given = { context, network, env: env.join('\n'), 'secret-scan': 'fail', ...event, ...inputs }
    return await runAction({ ...inputsOf(example('database.yml')), ...given }, options)
  }
  function variables(database: Postgres, user: 'build' | 'run'): Record<string, string> {
    return { DATABASE_URL: database.url, DATABASE_USER: user, DATABASE_PASSWORD: password[user] }
  }

  labTest('it was connected while it was warmed up, and not any more at the checkpoint', async () => {
    const state = await afterSnapshot
    expect(state?.opened).toBeGreaterThan(0)
    expect(state?.closed).toBe(state?.opened)
    expect(state?.clients).toBe('0')
  })

  labTest('the run leaves no connection and nothing but the image', async () => {
    expect((await stateOf(atBuild)).clients).toBe('0')
    expect(step.post.exitCode).toBe(0)
    expect(step.left).toEqual([])
    const added = after.split('\n').filter((line) => !before.split('\n').includes(line))
    expect(added).toEqual([tag])
  })

  labTest('it was ready when its health check succeeded, whose path was found by itself', () => {
    expect(step.log).toMatch(/was ready after \d+ ms \(port 8080, GET \/actuator\/health\)\./)
    expect(step.log).toContain('GET /orders x200 c4 (status 200: 200)')
  })

  labTest('restored by its digest with another database, it asks that one, and never the first', async () => {
    const { opened } = await stateOf(atBuild)
    await atRun.query(readFileSync(path.join(context, '../src/main/resources/schema.sql'), 'utf8'))
    await atRun.query("insert into orders (article, quantity) values ('tea', 2)")
    docker('image', 'rm', '--force', tag)
    docker('pull', '--quiet', pushed())
    const flags = [...DECLARED_FLAGS, '--network', network]
    await withStarted({ image: pushed(), flags, variables: variables(atRun, 'run') }, async (started) => {
      const orders = '[{"id":1,"article":"tea","quantity":2}]'
      expect(await callUntilAnswer(started, 'orders')).toBe(orders)
      expect(await wrongAnswers(started, orders, 'orders')).toEqual([])
      expect(containerLog(started.name)).not.toContain('starting the application normally')
    })
    expect((await stateOf(atRun)).opened).toBeGreaterThan(0)
    expect((await stateOf(atBuild)).opened).toBe(opened)
  })

  labTest.each([
    ['a pool that must not be suspended', '-Dspring.datasource.hikari.allow-pool-suspension=false'],
    ['a checkpoint on refresh, when the pool has connected already', '-Dspring.context.checkpoint=onRefresh']
  ])('%s: the checkpoint is refused, and the connection is named', async (_, option) => {
    const refused = freshTag('database-kept')
    const contents = engineContents()
    const failed = await checkpoint({ tags: refused, 'java-options': option })
    expect(failed.exitCode).toBe(1)
    const message = errorOf(failed)
    expect(message).toMatch(
      /The JVM refused the checkpoint: an open socket, Socket\[addr=.*,port=5432,localport=\d+\]/
    )
    expect(message).toContain('(fw-jdbc)')
    expect(message).toContain('spring.datasource.hikari.allow-pool-suspension=true')
    expect(message).toContain('category: application')
    expect(await registryDigest(refused)).toBeUndefined()
    expect(engineContents()).toBe(contents)
  })
})

interface State {
  clients: string
  /** Connections that there ever were, and how many of them ended. */
  opened: number
  closed: number
}

/** What the server knows of its clients on the network; the test's own questions come over a socket of the container. */
async function stateOf(database: Postgres): Promise<State> {
  const clients = await database.query('select count(*) from pg_stat_activity where client_addr is not null')
  const log = await database.log()
  return {
    clients,
    opened: log.match(/connection received: host=\d/g)?.length ?? 0,
    closed: log.match(/disconnection: .* user=\w+ database=\w+ host=\d/g)?.length ?? 0
  }
}
