import path from 'node:path'
import { runOnce } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { ImageConfig } from '../docker/inspect.js'
import type { Milliseconds } from '../lib/values.js'

type Config = ImageConfig['Config']

/** Programs that start the command in their arguments, and do nothing else that the image needs: the entry script replaces them. */
const INITS = new Set(['tini', 'tini-static', 'dumb-init', 'catatonit', 'docker-init', 'exec', 'nice', 'env'])

/**
 * Entry script of eclipse-temurin: it imports certificates if USE_SYSTEM_CA_CERTS is set, and then starts its arguments.
 * https://github.com/adoptium/containers
 */
const TEMURIN = '/__cacert_entrypoint.sh'

/** A script that ends with the command in its arguments, whether or not as another user. */
const STARTS_ARGUMENTS = /^\s*exec\s+(?:(?:gosu|su-exec|setpriv|runuser|chroot)\s[^\n]*)?"\$@"\s*$/m

/** A line with which a script changes the environment or the arguments of the command. */
const CHANGES_COMMAND = /^\s*(?:export\s|set\s+--\s|\.\s|source\s)/m

const READ_TIMEOUT: Milliseconds = 60_000

/** Returns whether all words are an init, or a script with its options, behind which the command of the image stands. */
export async function preparation(
  { Config: { Entrypoint, Cmd, Env } }: { Config: Config },
  readScript: (file: string) => Promise<string | undefined>
): Promise<{ leftOut: string[]; notes: string[] }> {
  const words = Entrypoint?.length ? [...Entrypoint, ...(Cmd ?? [])] : (Cmd ?? [])
  const java = words.findIndex((word) => path.posix.basename(word) === 'java')
  const nothing = { leftOut: [], notes: [] }
  if (java <= 0) return nothing
  const leftOut = words.slice(0, java)
  const notes: string[] = []
  for (const word of leftOut) {
    if (word.startsWith('-') || INITS.has(path.posix.basename(word))) continue
    if (word === TEMURIN) {
      if ((Env ?? []).some((pair) => /^USE_SYSTEM_CA_CERTS=./.test(pair)))
        notes.push(
          'USE_SYSTEM_CA_CERTS has no effect: add certificates to the image, and name their store with -Djavax.net.ssl.trustStore.'
        )
      continue
    }
    const script = await readScript(word)
    if (script === undefined || !STARTS_ARGUMENTS.test(script) || CHANGES_COMMAND.test(script)) return nothing
    notes.push(
      `What ${word} prepares is not done in the image; if the application needs it, do it with RUN and ENV.`
    )
  }
  return { leftOut, notes }
}

/** Returns the text of a script in an image; undefined where it cannot be read, or is not text. */
export async function scriptIn(
  docker: Docker,
  { run, image }: { run: string; image: string },
  file: string
): Promise<string | undefined> {
  if (!file.startsWith('/')) return undefined
  const container = { run, image, flags: [], program: 'cat', args: [file] }
  const { exitCode, stdout } = await runOnce(docker, container, READ_TIMEOUT)
  return exitCode === 0 && stdout.startsWith('#!') ? stdout : undefined
}
