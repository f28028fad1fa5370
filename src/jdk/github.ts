import { Octokit } from '@octokit/rest'
import { Response } from 'undici'
import { Failure } from '../lib/errors.js'
import type { Fetch } from '../http/fetch.js'
import { jsonText } from './response.js'

export interface GitHub {
  apiUrl: URL
  token: string | undefined
  fetch: Fetch
}

export interface Release {
  tag_name: string
  draft: boolean
  /** Time in ISO 8601; a draft has none. */
  published_at?: string | null
  assets: ReleaseAsset[]
}

export interface ReleaseAsset {
  url: string
  name: string
  /** `uploaded`, or the state of an incomplete upload. */
  state: string
  /** Size in bytes. */
  size: number
  /** `sha256:` and 64 hexadecimal digits; GitHub has none for assets uploaded before June 2025. */
  digest?: string | null
}

interface Repository {
  owner: string
  repo: string
}

export async function listReleases(github: GitHub, repository: Repository): Promise<Release[]> {
  const client = octokit(github)
  return await withContext(`The releases of ${repository.owner}/${repository.repo}`, () =>
    client.paginate(client.rest.repos.listReleases, { ...repository, per_page: 100 })
  )
}

export async function releaseByTag(github: GitHub, repository: Repository, tag: string): Promise<Release> {
  const client = octokit(github)
  return await withContext(`The release ${tag} of ${repository.owner}/${repository.repo}`, async () => {
    const { data } = await client.rest.repos.getReleaseByTag({ ...repository, tag })
    return data
  })
}

function octokit(github: GitHub): Octokit {
  const silent = (): void => undefined
  return new Octokit({
    ...(github.token === undefined ? {} : { auth: github.token }),
    baseUrl: github.apiUrl.href.replace(/(?<!\/)\/+$/, ''),
    userAgent: 'crac-checkpoint',
    // The action reports errors itself.
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: {
      fetch: async (url: string, init: object) => {
        const response = await github.fetch(url, init)
        // Octokit returns a text that is not JSON as if it were data.
        const text = await jsonText(response, new URL(url), github.token === undefined ? 'missing' : 'sent')
        return new Response(text, { status: response.status, headers: response.headers })
      }
    }
  })
}

/** Adds the request to the message of a Failure, which Octokit may have wrapped. */
async function withContext<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const failure = [error, (error as Error).cause].find((candidate) => candidate instanceof Failure)
    if (!failure) throw error
    throw failure.of(`${what} could not be read`)
  }
}

/** Names of this machine for itself. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Returns the token for the GitHub API, unless it would go over a network in clear text; then warns that it is not sent. */
export function sendableToken(
  { githubApiUrl, githubToken }: { githubApiUrl: URL; githubToken: string | undefined },
  warning: (line: string) => void
): string | undefined {
  const { protocol, hostname } = githubApiUrl
  if (githubToken === undefined || protocol === 'https:' || LOOPBACK.test(hostname)) return githubToken
  warning('`github-token` is not sent, because `github-api-url` is not https.')
  return undefined
}
