import { HttpClient } from '@actions/http-client'
import { retry } from '@octokit/plugin-retry'
import { Octokit } from '@octokit/rest'
import { fetch as undiciFetch, type RequestInit } from 'undici'
import { Failure, messageOf } from '../errors.js'
import type { Release } from './crac-releases.js'

const REPOSITORY = { owner: 'CRaC', repo: 'openjdk-builds' }

/** For one try, in milliseconds. */
const REQUEST_TIMEOUT = 30_000

export interface GitHub {
  apiUrl: URL
  token: string | undefined
}

/** All releases of CRaC/openjdk-builds. Proxies (`https_proxy`, `no_proxy`) are honoured. */
export async function listReleases(github: GitHub): Promise<Release[]> {
  const baseUrl = github.apiUrl.href.replace(/\/+$/, '')
  const client = new (Octokit.plugin(retry))({
    ...(github.token === undefined ? {} : { auth: github.token }),
    baseUrl,
    userAgent: 'crac-checkpoint',
    // The action says itself what went wrong.
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    request: { fetch: proxyFetch(baseUrl) }
  })
  try {
    return await client.paginate(client.rest.repos.listReleases, { ...REPOSITORY, per_page: 100 })
  } catch (error) {
    throw lookUpFailure(baseUrl, github.token !== undefined, error)
  }
}

function ignore(): void {}

// Plain Octokit uses Node's own fetch, which knows no proxies. The dispatcher comes from the undici that
// @actions/http-client brings along, so the fetch must be that undici's as well.
function proxyFetch(baseUrl: string) {
  const dispatcher = new HttpClient().getAgentDispatcher(baseUrl)
  return (url: string, options: RequestInit) =>
    undiciFetch(url, {
      ...options,
      ...(dispatcher === undefined ? {} : { dispatcher }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT)
    })
}

interface ApiError {
  status?: number
  response?: { headers: Record<string, string | number | undefined> }
}

function lookUpFailure(baseUrl: string, hasToken: boolean, error: unknown): Failure {
  const { status, response } = error as ApiError
  const headers = response?.headers ?? {}
  const what = `The releases of CRaC/openjdk-builds could not be read from ${baseUrl}`
  const evidence = messageOf(error).slice(0, 500)

  const limited =
    status === 429 || (status === 403 && (headers['x-ratelimit-remaining'] === '0' || headers['retry-after']))
  if (limited) {
    const reset = Number(headers['x-ratelimit-reset'])
    const until = reset > 0 ? ` until ${new Date(reset * 1000).toISOString()}` : ''
    return new Failure('runner', `${what}: the rate limit is used up${until}.`, {
      cure: hasToken
        ? 'Run the job again after that time.'
        : 'Set `github-token` to a token for github.com: requests with a token have a much higher limit.',
      evidence,
      cause: error
    })
  }
  if (status === 401) {
    return new Failure('input', `${what}: the token was refused.`, {
      cure: '`github-token` must be a token for the server of `github-api-url`, not expired.',
      evidence,
      cause: error
    })
  }
  if (status === 404) {
    return new Failure('input', `${what}: there is no such repository.`, {
      cure: '`github-api-url` must be the API of a server that has CRaC/openjdk-builds; the default is https://api.github.com.',
      evidence,
      cause: error
    })
  }
  return new Failure('runner', `${what}${status ? `: status ${status}` : ''}.`, {
    cure: 'Check that the runner reaches that address (proxy, firewall), and run the job again.',
    evidence,
    cause: error
  })
}
