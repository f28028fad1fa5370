import path from 'node:path'
import { ensureBuiltImage } from './built-image.js'
import { attempt, run } from './command.js'
import { PROJECT } from './home.js'
import { ensureMavenBuild, type BuildWorld } from './maven.js'
import { startPostgres, type Postgres } from './postgres.js'
import type { Progress } from './progress.js'

/** One of the applications in samples/. */
export interface Sample {
  name: string
  /** What its build leaves for the action, in its folder. */
  context: string
  /** Whether it needs a PostgreSQL. */
  database: boolean
}

const MICRONAUT: Sample = { name: 'micronaut-hello', context: 'target/docker/main', database: false }

export const SAMPLES: readonly Sample[] = [
  { name: 'plain-java', context: 'target', database: false },
  MICRONAUT,
  { name: 'quarkus-hello', context: 'target', database: false },
  { name: 'helidon-hello', context: 'target', database: false },
  { name: 'spring-boot-orders', context: 'target', database: true }
]

/** Builds a sample by Maven; gives the context for the action. */
export async function ensureSample(sample: Sample, engine: BuildWorld, progress: Progress): Promise<string> {
  const sources = path.join(PROJECT, 'samples', sample.name)
  await ensureMavenBuild(sources, engine, progress)
  return path.join(sources, sample.context)
}

/** LAB_CONTEXT, or the sample that the demonstration and most tests use. */
export async function ensureContext(engine: BuildWorld, progress: Progress): Promise<string> {
  const given = process.env['LAB_CONTEXT']
  return given ? path.resolve(given) : await ensureSample(MICRONAUT, engine, progress)
}

/** A network with a database, and the settings of spring-boot-orders for it. */
export interface WithDatabase {
  network: string
  database: Postgres
  variables: Record<'DATABASE_URL' | 'DATABASE_USER' | 'DATABASE_PASSWORD', string>
}

/** Starts a database in a network of its own for the work, and removes both afterwards. */
export async function withDatabase<T>(
  engine: BuildWorld,
  network: string,
  progress: Progress,
  work: (given: WithDatabase) => Promise<T>
): Promise<T> {
  const { environment, baseImage } = engine
  const image = await ensureBuiltImage('postgres', environment, baseImage, progress)
  // Login of a temporary database. The scan for secrets recognizes it as a placeholder.
  const login = { user: 'orders', password: `placeholder-${network}` }
  await run('docker', ['network', 'create', network], { env: environment })
  try {
    const database = await startPostgres({
      ...{ environment, image, network, alias: 'db', database: 'orders' },
      ...login
    })
    try {
      return await work({
        network,
        database,
        variables: {
          DATABASE_URL: database.url,
          DATABASE_USER: login.user,
          DATABASE_PASSWORD: login.password
        }
      })
    } finally {
      await database.remove()
    }
  } finally {
    await attempt('docker', ['network', 'rm', network], { env: environment })
  }
}
