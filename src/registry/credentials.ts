import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure, messageOf } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import { DOCKER_HUB } from './reference.js'

/** Credentials that `docker login` stored for a registry. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  /** Exchanged at the registry's token server (https://distribution.github.io/distribution/spec/auth/oauth/). */
  | { kind: 'identity'; token: string }

export interface Login {
  /** Host, with a port if any: `ghcr.io`, `localhost:5000`. */
  registry: string
  credentials: Credentials
}

interface StoredLogin {
  auth?: string
  username?: string
  password?: string
  identitytoken?: string
}

interface DockerConfig {
  auths?: Record<string, StoredLogin>
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
  const helper = config.credHelpers?.[registry] ?? config.credsStore
  if (helper)
    return await fromHelper(helper, registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry, environment)
  const logins = Object.entries(config.auths ?? {})
  const login = logins.find(([key]) => hostOf(key) === registry)?.[1]
  return login && credentialsOf(login, file)
}

/** Returns all logins in config.json itself, with their passwords and tokens. */
export async function storedLogins(environment: NodeJS.ProcessEnv): Promise<Login[]> {
  const file = configFile(environment)
  return Object.entries((await readConfig(file)).auths ?? {}).flatMap(([key, login]) => {
    const credentials = credentialsOf(login, file)
    return credentials === undefined ? [] : [{ registry: hostOf(key), credentials }]
  })
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
  try {
    return JSON.parse(text) as DockerConfig
  } catch {
    // The message of the parser would quote the file.
    throw unreadable(file, 'it is not valid JSON')
  }
}

function unreadable(file: string, why: string): Failure {
  return new Failure('runner', `The docker client's configuration ${file} cannot be read: ${why}.`, {
    fix: 'Fix or remove that file, and run docker/login-action before this step.'
  })
}

// `ghcr.io`, and `https://ghcr.io/v1/` as old clients wrote it.
function hostOf(key: string): string {
  return key === DOCKER_HUB_KEY ? DOCKER_HUB : key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

function credentialsOf(login: StoredLogin, file: string): Credentials | undefined {
  if (login.identitytoken) return { kind: 'identity', token: login.identitytoken }
  if (login.username && login.password)
    return { kind: 'password', username: login.username, password: login.password }
  if (!login.auth) return undefined
  const both = Buffer.from(login.auth, 'base64').toString('utf8')
  const colon = both.indexOf(':')
  if (colon < 1) throw unreadable(file, 'an `auth` in it is not NAME:PASSWORD in base64')
  // Some clients pad with NUL.
  return {
    kind: 'password',
    username: both.slice(0, colon),
    password: both.slice(colon + 1).replace(/\0+$/, '')
  }
}

interface HelperOutput {
  Username?: string
  Secret?: string
}

// https://github.com/docker/docker-credential-helpers: the host on stdin, JSON on stdout.
async function fromHelper(
  helper: string,
  host: string,
  environment: NodeJS.ProcessEnv
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`
  const failed = (why: string): Failure =>
    new Failure('runner', `${program} returned no login for ${host}: ${why}.`, {
      fix: 'Run docker/login-action before this step, or fix the credential helper of the docker client.'
    })
  if (!/^[\w.-]+$/.test(helper)) throw failed('it is not the name of a program')
  const result = await outputOf(program, host, environment).catch((error: unknown) => {
    throw failed(messageOf(error))
  })
  if (/credentials not found/i.test(result.stdout)) return undefined
  if (result.exitCode !== 0) throw failed(`it ended with exit code ${result.exitCode}`)
  let output: HelperOutput
  try {
    output = JSON.parse(result.stdout) as HelperOutput
  } catch {
    throw failed('its output is not valid JSON')
  }
  const { Username: username, Secret: secret } = output
  if (!username || !secret) return undefined
  return username === '<token>'
    ? { kind: 'identity', token: secret }
    : { kind: 'password', username, password: secret }
}

// Not with @actions/exec, which searches the PATH of this process only.
async function outputOf(
  program: string,
  host: string,
  env: NodeJS.ProcessEnv
): Promise<{ exitCode: number; stdout: string }> {
  return await new Promise((resolve, reject) => {
    // The timer of spawn's own timeout would outlive a program that could not be started.
    const signal = AbortSignal.timeout(HELPER_TIMEOUT)
    const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'ignore'], signal })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout }))
    // A helper that does not read its input reports it by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${host}\n`)
  })
}

/** Time limit of a credential helper: it may wait for a user to unlock a key ring. */
const HELPER_TIMEOUT: Milliseconds = 30_000
