import { isNamedSecret, isRandomSecret, mayBeSecret } from './names.js'
import type { Secret } from './scanner/needles.js'
import { isOfTestWords } from './scanner/strength.js'
import { distinct, namedSecret, secretsIn, secretsInText } from './settings.js'

/** A request to the application, as far as it can contain secrets. */
export interface RequestParts {
  target: string
  headers: Readonly<Record<string, string>>
  body?: string | undefined
}

/** Headers without a secret of their own: of HTTP (RFC 9110 and 9111), of fetch, of proxies, of tracing and of messages. */
const ORDINARY_HEADERS = [
  /^(accept(-.*)?|access-control-.*|cache-control|connection|content-.*|date|dnt|etag|expect|from|host|if-.*|keep-alive)$/,
  /^(last-event-id|link|max-forwards|origin|pragma|prefer|priority|range|referer|sec-.*|server-timing|te|trailer)$/,
  /^(transfer-encoding|upgrade(-.*)?|user-agent|via|forwarded|x-forwarded-.*|x-real-ip|x-requested-with|x-envoy-.*)$/,
  /^(x-original-.*|cf-(?!access).*|true-client-ip|baggage|b3|traceparent|tracestate|x-(request|correlation|trace|b3)-.*)$/,
  /^(x-(amzn-trace-id|cloud-trace-context)|uber-trace-id|x-datadog-.*|newrelic|soapaction|grpc-timeout|hx-.*)$/,
  /^(graphql-.*|apollographql-client-.*|(x-)?idempotency-key)$/
]

/** Ends of names of other headers that contain a description: there, an id is not a secret. */
const HEADER_OF_DESCRIPTION =
  /(?<!(secret|session)-?)id$|(version|name|type|locale|language|timezone|roles?|scopes?|groups?|email|environment|device)$/

/** Values of other headers that are plain words, numbers, dates, addresses: names of tenants, versions, flags. */
const ORDINARY_VALUE =
  /^([\p{L}\s._-]*|[\d\s.,:;/+-]*|v?\d[\w.-]{0,10}|[a-z]{2,10}:\/\/[^\s@]*|[\w.+-]{1,64}@[\w.-]{1,200})$/iu

/** A word with up to two digits behind it, or a small number. */
const WORD = /^([a-z]{0,20}\d{0,2}|[A-Z]{1,20}|([A-Z][a-z]{1,20}){1,4}\d{0,2}|\d{1,5})$/

/**
 * Returns the secrets in a request: the values of its headers, but for well-known headers and plain words, and in its target and
 * its body what secretsInText finds. The application gets all of them, so they are in its memory.
 */
export function secretsOfRequest(name: string, { target, headers, body }: RequestParts): Secret[] {
  const [, query = ''] = /\?(.*)$/s.exec(target) ?? []
  return distinct([
    ...Object.entries(headers).flatMap(([header, value]) =>
      secretsOfHeader(name, header.toLowerCase(), value)
    ),
    ...secretsInText(name, target),
    ...secretsInForm(name, query),
    ...(body === undefined
      ? []
      : [...secretsInText(`${name}: body`, body), ...secretsInForm(`${name}: body`, body)])
  ])
}

function secretsOfHeader(request: string, header: string, value: string): Secret[] {
  const name = `${request}: ${header}`
  const inside = secretsInText(name, value)
  // A proxy passes credentials on under names of its own, such as x-forwarded-access-token.
  const hasCredentials = /(authorization|token|secret|password)$/.test(header)
  if (!hasCredentials && ORDINARY_HEADERS.some((one) => one.test(header))) return inside
  if (header === 'cookie') {
    const values = value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    return [...values.filter(isSecretValue).map((one) => ({ name, value: one })), ...inside]
  }
  const [, scheme, credentials = value] = /^([A-Za-z][\w-]{0,30}) +(\S.*)$/s.exec(value) ?? []
  if (!/authorization$/.test(header)) {
    const isSecret = isNamedSecret(header, value)
      ? mayBeSecret(value)
      : HEADER_OF_DESCRIPTION.test(header)
        ? isRandomSecret(header, value)
        : isSecretValue(value)
    return [...(isSecret ? [{ name, value }] : []), ...inside]
  }
  const login = scheme?.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString('utf8') : ''
  const [user = '', password = login] = /^([^:]*):(.*)$/s.exec(login)?.slice(1) ?? []
  // The base64 of a login that anybody could guess is as public as the login. In some APIs the user is the token.
  const isGuessed = login !== '' && isOfTestWords(password) && (user === '' || !isSecretValue(user))
  const token = login !== '' && isSecretValue(user) ? [user] : []
  return (isGuessed ? [password] : [credentials, password, ...token])
    .filter(mayBeSecret)
    .map((one) => ({ name, value: one }))
}

/** Returns whether a value is words and small numbers with punctuation, such as `orders-web/2.14`, `a=1, b=2` or `acme-prod-1`. */
function isOfWords(value: string): boolean {
  return value.split(/[\s._:;,=/+"#-]/).every((word) => WORD.test(word))
}

function isSecretValue(value: string): boolean {
  return mayBeSecret(value) && !ORDINARY_VALUE.test(value) && !isOfWords(value)
}

/** Returns the secrets in a query or a form (`name=value&...`), with their values decoded. */
function secretsInForm(name: string, form: string): Secret[] {
  if (!/^[^\s=&]{1,200}=[^\s]*$/.test(form)) return []
  return [...new URLSearchParams(form)].flatMap(([field, value]) => namedSecret(name, field, value))
}

/**
 * Returns the secrets among arguments: `--name=value`, `--name value` in one or in two arguments, `name=value`, and
 * arguments that look random or have a secret inside.
 */
export function secretsOfArguments(source: string, words: readonly string[]): Secret[] {
  return distinct(
    words.flatMap((word, index) => {
      const [, name, value] = /^-{0,2}([A-Za-z][\w.-]{0,200})[= ](.*)$/s.exec(word) ?? []
      if (name !== undefined && value !== undefined) return secretsIn(source, name, value.trim())
      const [, flag] = /^--?([A-Za-z][\w.-]{0,200})$/.exec(word) ?? []
      const next = words[index + 1]
      // A flag without a value is followed by another one.
      const isValue = next !== undefined && !/^--[a-z]/.test(next)
      const named = flag !== undefined && isValue && isNamedSecret(flag, next)
      return named ? secretsIn(source, flag, next) : secretsIn(source, `line ${index + 1}`, word)
    })
  )
}

/** Returns the secrets among options of the JVM: `-Dname=value`, and the options of agents (`-javaagent:FILE=OPTIONS`). */
export function secretsOfJavaOptions(source: string, options: readonly string[]): Secret[] {
  return distinct(
    options.flatMap((option) => {
      const [, agent, agentOptions] = /^-(javaagent|agentpath|agentlib):[^=]*=([^=]*)$/s.exec(option) ?? []
      if (agent !== undefined && agentOptions !== undefined) return secretsIn(source, agent, agentOptions)
      const [, name, value] = /^-D([^=]+)=(.*)$/s.exec(option) ?? []
      if (name !== undefined && value !== undefined) return secretsIn(source, name, value)
      // Options of an agent such as `name=value,...` are a text with pairs.
      return secretsInText(source, option)
    })
  )
}

/** Returns the secrets in lines `NAME=value`. */
export function secretsOfPairs(source: string, pairs: Readonly<Record<string, string>>): Secret[] {
  return Object.entries(pairs).flatMap(([name, value]) => secretsIn(source, name, value))
}

/** Returns the secrets in a command with java: those of its options, and those of its other words. */
export function secretsOfCommand(source: string, words: readonly string[]): Secret[] {
  const isOption = (word: string): boolean => /^-(?:D|javaagent:|agent(?:lib|path):|XX:)/.test(word)
  return distinct([
    ...secretsOfJavaOptions(source, words.filter(isOption)),
    ...secretsOfArguments(
      source,
      words.filter((word) => !isOption(word))
    )
  ])
}
