import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure, messageOf } from '../lib/errors.js'
import { quoted } from '../lib/text.js'
import { fromHelper, type Credentials } from './credential-helper.js'
import { DOCKER_HUB } from './reference.js'

export type { Credentials }

export interface Login {
  /** Host, with a port if any: `ghcr.io`, `localhost:5000`. */
  registry: string
  credentials: Credentials
}

/** Logins that were read, and a sentence for each that could not be. */
export interface StoredLogins {
  logins: Login[]
  unreadable: string[]
}

interface StoredLogin {
  auth?: string
  username?: string
  password?: string
  identitytoken?: string
  registrytoken?: string
}

interface DockerConfig {
  auths?: Record<string, StoredLogin | null>
  credsStore?: string
  credHelpers?: Record<string, string>
}

/** Key under which the docker client stores the login of Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/'

/**
 * Returns the login for a registry (`ghcr.io`, `localhost:5000`) from config.json in DOCKER_CONFIG or ~/.docker, or from
 * the credential helper that it names; undefined where there is none.
 */
export async function credentialsFor(
  registry: string,
  environment: NodeJS.ProcessEnv
): Promise<Credentials | undefined> {
  const file = configFile(environment)
  const config = await readConfig(file)
  const helper = helperOf(config, registry)
  if (helper) return await fromHelper(helper, keyOf(registry), environment)
  const logins = Object.entries(config.auths ?? {}).filter(([key]) => hostOf(key) === registry)
  // Other clients write keys with a path, or of an older form: the exact one counts first, as in docker.
  const [key, login] = logins.find(([key]) => key === keyOf(registry)) ?? logins[0] ?? []
  return key === undefined ? undefined : credentialsOf(key, login, file)
}

/**
 * Returns the logins in config.json itself, and those of the registries that a credential helper has. A login that cannot be read
 * does not affect the others.
 */
export async function storedLogins(
  environment: NodeJS.ProcessEnv,
  registries: readonly string[]
): Promise<StoredLogins> {
  const found: StoredLogins = { logins: [], unreadable: [] }
  async function add(registry: string, read: () => Promise<Credentials | undefined>): Promise<void> {
    try {
      const credentials = await read()
      if (credentials !== undefined) found.logins.push({ registry, credentials })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      found.unreadable.push(error.message)
    }
  }
  const file = configFile(environment)
  const config = await readConfig(file).catch((error: unknown): DockerConfig => {
    if (!(error instanceof Failure)) throw error
    found.unreadable.push(error.message)
    return {}
  })
  for (const [key, login] of Object.entries(config.auths ?? {})) {
    await add(hostOf(key), async () => await Promise.resolve(credentialsOf(key, login, file)))
    const token = login?.registrytoken
    if (token) found.logins.push({ registry: hostOf(key), credentials: { kind: 'identity', token } })
  }
  for (const registry of new Set(registries)) {
    const helper = helperOf(config, registry)
    if (helper) await add(registry, () => fromHelper(helper, keyOf(registry), environment))
  }
  return found
}

function helperOf({ credHelpers, credsStore }: DockerConfig, registry: string): string | undefined {
  return credHelpers?.[keyOf(registry)] ?? credHelpers?.[registry] ?? credsStore
}

function configFile(environment: NodeJS.ProcessEnv): string {
  const folder = environment['DOCKER_CONFIG'] || path.join(environment['HOME'] ?? '/', '.docker')
  return path.join(folder, 'config.json')
}

async function readConfig(file: string): Promise<DockerConfig> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}'
    throw unreadable(file, messageOf(error))
  })
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    // The message of the parser would quote the file.
    throw unreadable(file, 'it is not valid JSON')
  }
  if (typeof config !== 'object' || config === null) throw unreadable(file, 'it is not a JSON object')
  return config
}

function unreadable(file: string, why: string): Failure {
  return new Failure('runner', `The docker client's configuration ${file} cannot be read: ${why}.`, {
    fix: 'Fix or remove that file, and run docker/login-action before this step.'
  })
}

function keyOf(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry
}

// `ghcr.io`, and `https://ghcr.io/v1/` as old clients wrote it.
function hostOf(key: string): string {
  return key === DOCKER_HUB_KEY ? DOCKER_HUB : key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

function credentialsOf(
  key: string,
  login: StoredLogin | null | undefined,
  file: string
): Credentials | undefined {
  const broken = (why: string): Failure => unreadable(file, `its login for ${quoted(key)} ${why}`)
  if (typeof login !== 'object' || login === null) throw broken('is not an object')
  const { auth, username, password, identitytoken } = login
  if ([auth, username, password, identitytoken].some((field) => field && typeof field !== 'string'))
    throw broken('has a field that is not a text')
  if (identitytoken) return { kind: 'identity', token: identitytoken }
  if (username && password) return { kind: 'password', username, password }
  if (!auth) return undefined
  const both = Buffer.from(auth, 'base64').toString('utf8')
  const colon = both.indexOf(':')
  if (colon < 1) throw broken('has an `auth` that is not NAME:PASSWORD in base64')
  // Some clients pad with NUL.
  return {
    kind: 'password',
    username: both.slice(0, colon),
    password: both.slice(colon + 1).replace(/\0+$/, '')
  }
}
