import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { PROJECT } from '../../lab/home.js'
import { ensureMavenBuild } from '../../lab/maven.js'
import { ensurePostgresImage, startPostgres, type Postgres } from '../../lab/postgres.js'
import { progressOnStderr } from '../../lab/progress.js'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { callUntilAnswer, DECLARED_FLAGS } from '../../lab/started-image.js'
import {
  available,
  containerLog,
  docker,
  engineContents,
  errorOf,
  freshTag,
  labTest,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'

describe('an application with a pool of connections to a database', () => {
  const sources = path.join(PROJECT, '__tests__/e2e/applications/pool')
  const network = `e2e-database-${process.pid}`
  const tag = available ? freshTag('database') : ''
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
  /** Of the database, after the snapshot and before anything else was started. */
  let afterSnapshot: Promise<State> | undefined

  beforeAll(async () => {
    if (!available) return
    const { environment } = world
    await ensureMavenBuild(sources, environment, progressOnStderr)
    const image = await ensurePostgresImage(environment, world.baseImage, progressOnStderr)
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
          if (text.includes('::group::Build the runtime image')) afterSnapshot = stateOf(atBuild)
        }
      }
    )
    after = engineContents()
    if (step.exitCode !== 0) throw new Error(step.log)
  }, 300_000)
  afterAll(async () => {
    if (!available) return
    await atBuild?.remove()
    await atRun?.remove()
    docker('network', 'rm', network)
    docker('image', 'rm', '--force', tag)
    expect(engineContents()).toBe(untouched)
  })

  async function checkpoint(
    inputs: Record<string, string>,
    options: Partial<StepOptions> = {}
  ): Promise<StepResult> {
    const env = Object.entries(variables(atBuild, 'build')).map(([name, value]) => `${name}=${value}`)
    return await runAction(
      {
        context: path.join(sources, 'target/docker'),
        push: 'true',
        network,
        env: env.join('\n'),
        'ready-url': '/',
        warmup: 'GET / x20',
        ...inputs
      },
      options
    )
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

  labTest('restored with the URL of another database, it asks that one, and never the first', async () => {
    const { opened } = await stateOf(atBuild)
    const options = {
      image: `${tag.slice(0, tag.lastIndexOf(':'))}@${step.outputs['digest']}`,
      flags: [...DECLARED_FLAGS, '--network', network],
      variables: variables(atRun, 'run')
    }
    await withStarted(options, async (image) => {
      expect(await callUntilAnswer(image)).toBe('customers as run')
      expect(containerLog(image.name)).not.toContain('starting the application normally')
    })
    expect((await stateOf(atRun)).opened).toBeGreaterThan(0)
    expect((await stateOf(atBuild)).opened).toBe(opened)
  })

  labTest('a pool that stays open: the checkpoint is refused, and the connection is named', async () => {
    const refused = freshTag('database-kept')
    const contents = engineContents()
    const failed = await checkpoint({ tags: refused, 'java-options': '-Dkeep=true' })
    expect(failed.exitCode).toBe(1)
    const message = errorOf(failed)
    expect(message).toMatch(/The JVM refused the checkpoint: an open socket, tcp6? local.* remotePort 5432/)
    expect(message).toContain('class: application')
    expect(await registryDigest(refused)).toBeUndefined()
    expect(engineContents()).toBe(contents)
  })
})

interface State {
  /** Connections that there are. */
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
