import type { ServerRequest, HttpResponse } from '../http/client.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import type { Credentials } from './credentials.js'
import { refusal } from './refusal.js'

/** Authorization that a registry requires: https://distribution.github.io/distribution/spec/auth/token/ */
export interface Challenge {
  scheme: 'basic' | 'bearer'
  parameters: Record<string, string>
}

/** A scheme, or a parameter with its value: https://www.rfc-editor.org/rfc/rfc9110#section-11.2 */
const WORD = /([\w!#$%&'*+.^`|~-]{1,100})(?: {0,8}= {0,8}(?:"((?:[^"\\]|\\.){0,4000})"|([^\s,"]{1,4000})))?/g

/**
 * Parses the header `www-authenticate`, which may have several challenges: that of the scheme `Bearer` is returned, else that of `Basic`;
 * undefined where there is neither.
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  for (const [, word = '', quoted, plain] of (header ?? '').matchAll(WORD)) {
    const name = word.toLowerCase()
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    const current = challenges.at(-1)
    if (value === undefined) challenges.push({ scheme: name, parameters: {} })
    else if (current) current.parameters[name] ??= value
  }
  const [challenge] = ['bearer', 'basic'].flatMap((name) =>
    challenges.filter(({ scheme }) => scheme === name)
  )
  return challenge as Challenge | undefined
}

type TokenRequest = Pick<ServerRequest, 'method' | 'url' | 'headers' | 'body'>

/**
 * Returns the header `authorization` for a challenge; undefined where there are no credentials for it. `send` reaches the
 * token server, which needs TLS where the registry has it.
 */
export async function authorize(
  challenge: Challenge,
  scope: string,
  credentials: Credentials | undefined,
  registry: URL,
  send: (request: TokenRequest) => Promise<HttpResponse>
): Promise<string | undefined> {
  if (challenge.scheme === 'basic')
    return credentials?.kind === 'password' ? basic(credentials.username, credentials.password) : undefined
  const { realm, service } = challenge.parameters
  const url = realm !== undefined && URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined || (registry.protocol === 'https:' && url.protocol !== 'https:')) return undefined
  const query = { ...(service === undefined ? {} : { service }), scope }
  const response = await send(tokenRequest(url, query, credentials))
  const { token, access_token: accessToken } = fieldsOf(jsonOf(response.body))
  const granted = accessToken || token
  // Without a token it is not the response of a token server.
  if (response.status !== 200 || typeof granted !== 'string' || granted === '')
    throw refusal(registry.host, `GET ${url.origin}${url.pathname}`, response)
  return `Bearer ${granted}`
}

function tokenRequest(url: URL, query: Record<string, string>, credentials?: Credentials): TokenRequest {
  if (credentials?.kind === 'identity') {
    const form = {
      grant_type: 'refresh_token',
      client_id: 'crac-checkpoint',
      refresh_token: credentials.token,
      ...query
    }
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString()
    }
  }
  const withScope = new URL(url)
  for (const [name, value] of Object.entries(query)) withScope.searchParams.set(name, value)
  return {
    method: 'GET',
    url: withScope,
    headers: credentials ? { authorization: basic(credentials.username, credentials.password) } : {}
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
