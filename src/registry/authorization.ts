import type { ServerRequest, HttpResponse } from '../http/client.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import type { Credentials } from './credentials.js'
import { refusal } from './refusal.js'

/** Authorization that a registry requires: https://distribution.github.io/distribution/spec/auth/token/ */
export interface Challenge {
  scheme: 'basic' | 'bearer'
  parameters: Record<string, string>
}

/** Parses the header `www-authenticate`; undefined where it names none of the schemes that registries use. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const scheme = /^\s*(basic|bearer)\b/i.exec(header ?? '')?.[1]?.toLowerCase() as
    Challenge['scheme'] | undefined
  if (scheme === undefined) return undefined
  const parameters: Record<string, string> = {}
  for (const [, name = '', value = ''] of (header ?? '').matchAll(/(?<!\w)(\w+)="([^"]*)"/g)) {
    parameters[name.toLowerCase()] ??= value
  }
  return { scheme, parameters }
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
  const granted = token ?? accessToken
  // Without a token it is not the response of a token server.
  if (response.status !== 200 || typeof granted !== 'string')
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
