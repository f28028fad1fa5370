import type { Response } from 'undici'
import { Failure } from '../lib/errors.js'
import { isJson, parses } from '../http/conditional.js'
import { isRateLimited, limitEnd } from '../http/fetch.js'

/** The text of an answer in JSON, which can be parsed; any other answer is a Failure that says what it means. */
export async function jsonText(response: Response, host: string, hasToken: boolean): Promise<string> {
  if (!response.ok) throw await badStatus(response, host, hasToken)
  const text = await response.text()
  const type = response.headers.get('content-type') ?? 'no type'
  if (isJson(response) && parses(text)) return text
  throw new Failure(
    'runner',
    `${host} answers with ${isJson(response) ? 'broken JSON' : `${type} instead of JSON`}.`,
    {
      fix: 'Something between the runner and that host answers in its place, such as a proxy or a captive portal; its words are below.',
      evidence: text.slice(0, 200)
    }
  )
}

/** What a status other than success means to the user. */
export async function badStatus(response: Response, host: string, hasToken: boolean): Promise<Failure> {
  const evidence = (await response.text()).slice(0, 200)
  if (isRateLimited(response)) {
    const until = limitEnd(response)
    return new Failure(
      'runner',
      `the rate limit of ${host} is used up${until ? ` until ${until.toISOString()}` : ''}.`,
      {
        fix: hasToken
          ? 'Run the job again after that time.'
          : 'Set `github-token` to a token for that server: requests with a token have a much higher limit.',
        evidence
      }
    )
  }
  if (response.status === 401 || response.status === 403) {
    return new Failure('input', `${host} refuses access (status ${response.status}).`, {
      fix: 'Check `github-token`: it must be a token for that server, and not expired.',
      evidence
    })
  }
  if (response.status === 404) {
    return new Failure('input', `${host} knows nothing of it (status 404).`, {
      fix: 'Check the address; for `github-api-url` the default is https://api.github.com.',
      evidence
    })
  }
  return new Failure('runner', `${host} answers with status ${response.status}.`, {
    fix: 'The server has a problem, or something in front of it; run the job again later.',
    evidence
  })
}
