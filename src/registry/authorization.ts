import type { Credentials } from './credentials.js'
import { jsonOf } from '../lib/json.js'
import { refusal, type Reply } from './refusal.js'

/** How a registry wants to be asked: https://distribution.github.io/distribution/spec/auth/token/ */
export interface Challenge {
  scheme: 'basic' | 'bearer'
  parameters: Record<string, string>
}

/** Reads the header `www-authenticate`; undefined where it names no scheme that registries use. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const scheme = /^\s*(basic|bearer)\b/i.exec(header ?? '')?.[1]?.toLowerCase() as
    Challenge['scheme'] | undefined
  if (scheme === undefined) return undefined
  const parameters: Record<string, string> = {}
  for (const [, name = '', value = ''] of (header ?? '').matchAll(/(\w+)="([^"]*)"/g)) {
    parameters[name.toLowerCase()] ??= value
  }
  return { scheme, parameters }
}

/** A request to the registry's token server. */
export interface TokenRequest {
  method: 'GET' | 'POST'
  url: URL
  headers: Record<string, string>
  body?: string
}

/**
 * The header `authorization` that answers a challenge; undefined where there is nothing to answer with. `send` asks the
 * token server. A token is never asked for without TLS where the registry itself has it.
 */
export async function answerTo(
  challenge: Challenge,
  scope: string,
  credentials: Credentials | undefined,
  registry: URL,
  send: (request: TokenRequest) => Promise<Reply>
): Promise<string | undefined> {
  if (challenge.scheme === 'basic')
    return credentials?.kind === 'password' ? basic(credentials.username, credentials.password) : undefined
  const { realm, service } = challenge.parameters
  const url = realm !== undefined && URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined || (registry.protocol === 'https:' && url.protocol !== 'https:')) return undefined
  const asked = { ...(service === undefined ? {} : { service }), scope }
  const reply = await send(tokenRequest(url, asked, credentials))
  if (reply.status !== 200) throw refusal(registry.host, `GET ${url.origin}${url.pathname}`, reply)
  const { token, access_token } = (jsonOf(reply.body) ?? {}) as Record<string, unknown>
  const given = token ?? access_token
  // An answer without a token is that of something which is no token server.
  if (typeof given !== 'string') throw refusal(registry.host, `GET ${url.origin}${url.pathname}`, reply)
  return `Bearer ${given}`
}

function tokenRequest(url: URL, asked: Record<string, string>, credentials?: Credentials): TokenRequest {
  if (credentials?.kind === 'identity') {
    const form = {
      grant_type: 'refresh_token',
      client_id: 'crac-checkpoint',
      refresh_token: credentials.token,
      ...asked
    }
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString()
    }
  }
  const withScope = new URL(url)
  for (const [name, value] of Object.entries(asked)) withScope.searchParams.set(name, value)
  return {
    method: 'GET',
    url: withScope,
    headers: credentials ? { authorization: basic(credentials.username, credentials.password) } : {}
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
