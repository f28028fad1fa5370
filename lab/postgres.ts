import { setTimeout as sleep } from 'node:timers/promises'
import { attempt, run } from './command.js'

export interface PostgresOptions {
  environment: NodeJS.ProcessEnv
  /** Built from lab/postgres. */
  image: string
  network: string
  /** Its host name in the network; the container has it in its name. */
  alias: string
  database: string
  user: string
  password: string
}

export interface Postgres {
  container: string
  /** For JDBC, from within the network. */
  url: string
  /** Answers of a statement, one row a line; over the socket in the container, so not as a client on the network. */
  query: (sql: string) => Promise<string>
  /** What the server logged: among others each connection and its end. */
  log: () => Promise<string>
  remove: () => Promise<void>
}

/** Starts a server with one database, and returns when it accepts connections. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { environment, image, network, alias, database, user, password } = options
  const docker = async (...args: string[]) => await run('docker', args, { env: environment })
  const container = `${network}-${alias}`
  // Names only: the values go by the environment of the client, since anybody may see its arguments.
  const variables = { POSTGRES_DATABASE: database, POSTGRES_USER: user, POSTGRES_PASSWORD: password }
  const postgres: Postgres = {
    container,
    url: `jdbc:postgresql://${alias}:5432/${database}`,
    query: async (sql) =>
      await docker('exec', container, 'psql', '-XAtq', '-U', user, '-d', database, '-c', sql),
    log: async () => {
      const { stdout, stderr } = await attempt('docker', ['logs', container], { env: environment })
      return stdout + stderr
    },
    remove: async () => {
      await docker('rm', '--force', '--volumes', container)
    }
  }
  const flags = ['--detach', '--name', container, '--network', network, '--network-alias', alias]
  const names = Object.keys(variables).flatMap((name) => ['--env', name])
  try {
    await run('docker', ['run', ...flags, ...names, image], { env: { ...environment, ...variables } })
    await untilItAccepts(postgres, ['--username', user, '--dbname', database], environment)
  } catch (error) {
    await postgres.remove()
    throw error
  }
  return postgres
}

async function untilItAccepts(
  postgres: Postgres,
  as: string[],
  environment: NodeJS.ProcessEnv
): Promise<void> {
  const deadline = Date.now() + 30_000
  const probe = ['exec', postgres.container, 'pg_isready', '--quiet', ...as]
  while ((await attempt('docker', probe, { env: environment })).code !== 0) {
    if (Date.now() > deadline) {
      throw new Error(`${postgres.container} accepts no connections after 30 s:\n${await postgres.log()}`)
    }
    await sleep(100)
  }
}
