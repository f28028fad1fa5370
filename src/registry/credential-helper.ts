import { spawn } from 'node:child_process'
import { Failure, messageOf } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

/** Credentials that `docker login` stored for a registry. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  /** Exchanged at the registry's token server (https://distribution.github.io/distribution/spec/auth/oauth/). */
  | { kind: 'identity'; token: string }

interface HelperOutput {
  Username?: string
  Secret?: string
}

/**
 * Returns the login for a registry from a credential helper, which gets the host on stdin and returns JSON
 * (https://github.com/docker/docker-credential-helpers); undefined if it has none. Throws a Failure if the helper does not work.
 */
export async function fromHelper(
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
