import type { HttpRequest } from '../probe/request.js'
import type { WarmUpLine } from '../probe/request-lines.js'
import { secretsOfRequest } from '../secrets/requests.js'
import type { Secret } from '../secrets/scanner/needles.js'

/** Returns the text of a file, relative to the workspace; undefined if it cannot be read. */
export type ReadText = (file: string) => Promise<string | undefined>

/** Returns the secrets in the request of `ready-url`, which is sent before the snapshot too. */
export function secretsOfReadyUrl(name: string, request: HttpRequest | undefined): Secret[] {
  return request === undefined
    ? []
    : secretsOfRequest(name, { target: request.target, headers: request.headers })
}

/** Returns the secrets in the requests of `warmup`, and in the files of their bodies. */
export async function secretsOfWarmUp(
  name: string,
  lines: readonly WarmUpLine[] | undefined,
  read: ReadText
): Promise<Secret[]> {
  const secrets: Secret[] = []
  for (const [index, { target, headers, body }] of (lines ?? []).entries()) {
    // A file that cannot be read ends the run later, with a message of its own.
    const text = body && ('text' in body ? body.text : await read(body.file))
    secrets.push(...secretsOfRequest(`${name} request ${index + 1}`, { target, headers, body: text }))
  }
  return secrets
}
