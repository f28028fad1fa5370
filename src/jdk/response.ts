import type { Response } from 'undici'
import { isJson } from '../http/conditional.js'
import { isRateLimited, retryTime } from '../http/retry.js'
import { Failure } from '../lib/errors.js'
import { jsonOf } from '../lib/json.js'

/** Whether the server of a request got a token, could have got one, or never gets one. */
export type TokenUse = 'sent' | 'missing' | 'none'

const OTHER_SERVER =
  'Something between the runner and that server, such as a proxy or a firewall, may respond in its place, or the vendor has changed its API: use a newer version of this action, or another `distribution`.'

/** Returns the text of the response of an address, which is valid JSON; any other response is a Failure. */
export async function jsonText(response: Response, address: URL, token: TokenUse): Promise<string> {
  if (!response.ok) throw await statusFailure(response, address, token)
  const { host } = address
  const text = await response.text()
  const type = response.headers.get('content-type') ?? 'no type'
  if (isJson(response) && jsonOf(text) !== undefined) return text
  throw new Failure(
    'runner',
    `${host} responds with ${isJson(response) ? 'broken JSON' : `${type} instead of JSON`}.`,
    {
      fix: 'Something between the runner and that host responds in its place, such as a proxy or a captive portal; see its response below.',
      evidence: text.slice(0, 200)
    }
  )
}

/** Returns what a status other than success of an address means to the user. */
export async function statusFailure(
  response: Response,
  { host, pathname }: URL,
  token: TokenUse
): Promise<Failure> {
  const evidence = (await response.text()).slice(0, 200)
  if (isRateLimited(response)) {
    const until = retryTime(response)
    return new Failure(
      'runner',
      `the rate limit of ${host} is exceeded${until ? ` until ${until.toISOString()}` : ''}.`,
      {
        fix:
          token === 'missing'
            ? 'Set `github-token` to a token for that server: requests with a token have a much higher limit.'
            : 'Run the job again after that time.',
        evidence
      }
    )
  }
  if (response.status === 401 || response.status === 403) {
    return new Failure('input', `${host} refuses access (status ${response.status}).`, {
      fix:
        token === 'none'
          ? OTHER_SERVER
          : 'Check `github-token`: it must be a token for that server, and not expired.',
      evidence
    })
  }
  if (response.status === 404) {
    return new Failure('input', `${host} does not have ${pathname} (status 404).`, {
      fix:
        token === 'none'
          ? OTHER_SERVER
          : 'Check the address; for `github-api-url` the default is https://api.github.com.',
      evidence
    })
  }
  return new Failure('runner', `${host} responds with status ${response.status}.`, {
    fix: 'The server has a problem, or something in front of it; run the job again later.',
    evidence
  })
}
