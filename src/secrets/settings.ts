import { documentOf } from '../lib/json.js'
import { isNamedSecret, isRandom, isRandomSecret, isReference, mayBeSecret, mayNameSecret } from './names.js'
import { FAMILIES } from './scanner/families.js'
import type { Secret } from './scanner/needles.js'

/**
 * Returns the secrets in a named setting (environment variable, system property, argument): the whole value if the name says that
 * it is a secret, or if the value looks like key material; and the secrets inside the value, such as the password of an address.
 * Ordinary settings and placeholders have none.
 */
export function secretsIn(source: string, name: string, value: string): Secret[] {
  const label = `${source} ${plainName(name)}`
  const isWhole = isNamedSecret(name, value) || isRandomSecret(name, value)
  const whole = isWhole && mayBeSecret(value) ? [value, ...passwordOf(value)] : []
  return distinct([...whole.map((one) => ({ name: label, value: one })), ...secretsInText(label, value)])
}

/** Returns the password of a secret `NAME:PASSWORD`, which programs take apart. */
export function passwordOf(secret: string): string[] {
  const [, password = ''] = /^[\w.@+-]{1,64}:(?!\/\/)([^\s:]{8,200})$/.exec(secret) ?? []
  return /[^A-Za-z_]/.test(password) ? [password] : []
}

/** User and password in an address; its last `@` before the path ends the password. */
const LOGIN = /:\/\/([^\s/?#@:"'<>]{0,200}):([^\s/?#"'<>]{1,500})@(?=[\w[])/g

/** A name and the mark before its value: `name=`, `name: `, `"name":"`, `Authorization: Bearer `. */
const NAME =
  /(?<![\w.])(?:(?<=-)D)?([A-Za-z_][\w.-]{0,99})["']?[ \t]{0,8}[=:][ \t]{0,8}["']?(?:(?:Bearer|Basic|Token) {1,8})?/gi

/** Longest value of a name in a text, in characters. */
const LONGEST_VALUE = 4096

const WITHOUT_QUOTES = /^[^\s&;,"'<>]*/
const IN_QUOTES = /^((?:[^"\\\n]|\\.){1,400})"/
const IN_SINGLE_QUOTES = /^((?:[^'\\\n]|\\.){1,400})'/

/** An element of XML that contains a text only. */
const ELEMENT = /<([A-Za-z_][\w.:-]{0,99})(?:\s[^<>]{0,500})?>([^<>]{1,4096})<\/\1>/g

/**
 * Returns the secrets inside a text: fields of JSON, elements of XML and pairs `name=value` whose names say that they are secret,
 * the passwords of addresses, and tokens of known forms. A value with percent-encoding counts in both forms.
 */
export function secretsInText(name: string, text: string): Secret[] {
  if (isReference(text)) return []
  const document = documentOf(text)
  if (document !== undefined) return distinct(secretsInDocument(name, document))
  const logins = [...text.matchAll(LOGIN)].flatMap(([, user = '', password = '']) =>
    [...(isRandom(user) ? [user] : []), ...formsOf(password)].filter(mayBeSecret)
  )
  const pairs = [...pairsIn(text), ...elementsIn(text)].flatMap(([field, value]) =>
    formsOf(value).flatMap((form) => namedSecret(name, field, form))
  )
  const unnamed = [...logins, ...tokensIn(text)].map((value) => ({ name, value }))
  // Of the same value, that with the name of its field is kept.
  return distinct([...pairs, ...unnamed])
}

/** Returns the names in a text that may name a secret, with their values. */
function pairsIn(text: string): [name: string, value: string][] {
  const pairs: [name: string, value: string][] = []
  const names = new RegExp(NAME)
  for (let match = names.exec(text); match !== null; match = names.exec(text)) {
    const [, name = ''] = match
    // The value of any other name may contain a name with its value.
    if (!mayNameSecret(name)) continue
    const begin = names.lastIndex
    const value = valueAt(text, begin)
    if (value !== '') pairs.push([name, value])
    const unescaped = value.replace(/\\(["'\\])/g, '$1')
    if (unescaped !== value) pairs.push([name, unescaped])
    // `${NAME:default}` of Spring.
    if (value.endsWith('}') && !value.includes('{')) pairs.push([name, value.slice(0, -1)])
    names.lastIndex = begin + value.length
  }
  return pairs
}

/** Returns the value at a position: up to the quote that ends it, or up to a mark that ends a value without quotes. */
function valueAt(text: string, begin: number): string {
  const rest = text.slice(begin, begin + LONGEST_VALUE)
  const quote = text[begin - 1]
  const pattern = quote === '"' ? IN_QUOTES : quote === "'" ? IN_SINGLE_QUOTES : undefined
  return pattern?.exec(rest)?.[1] ?? WITHOUT_QUOTES.exec(rest)?.[0] ?? ''
}

function elementsIn(text: string): [name: string, value: string][] {
  return [...text.matchAll(ELEMENT)].map(([, name = '', value = '']) => [name, value])
}

/** Returns the name of a setting or a field, without characters that a report could not show as they are. */
function plainName(name: string): string {
  return name.replace(/[^\w.:/ -]/g, '?').slice(0, 100)
}

/** Returns the secrets without further ones of the same value. */
export function distinct(secrets: readonly Secret[]): Secret[] {
  const seen = new Set<string>()
  return secrets.filter(({ value }) => !seen.has(value) && seen.add(value))
}

/** Returns a field of a text if its name says that it is a secret; values that only look random are ids, too. */
export function namedSecret(name: string, field: string, value: string): Secret[] {
  return isNamedSecret(field, value) && mayBeSecret(value)
    ? [{ name: `${name}: ${plainName(field)}`, value }]
    : []
}

function secretsInDocument(name: string, document: object): Secret[] {
  const secrets: Secret[] = []
  const rest: [field: string, value: unknown][] = [['', document]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [field, value] = next
    if (typeof value === 'object' && value !== null) {
      // The elements of a list have the name of the list.
      for (const [key, inner] of Object.entries(value)) rest.push([Array.isArray(value) ? field : key, inner])
    } else if (typeof value === 'string' || typeof value === 'number') {
      const text = String(value)
      secrets.push(...namedSecret(name, field, text), ...secretsInText(`${name}: ${plainName(field)}`, text))
    }
  }
  return secrets
}

/** Returns a value, and the value without percent-encoding if that differs. */
function formsOf(value: string): string[] {
  try {
    return [...new Set([value, decodeURIComponent(value)])]
  } catch {
    return [value]
  }
}

/** Returns the tokens of the families in a text; for an address and a header `Authorization`, the password or the credentials only. */
function tokensIn(text: string): string[] {
  const tokens: string[] = []
  for (const family of FAMILIES) {
    const { id, pattern, longest } = family
    // The name of an element says it of every XML.
    if (id === 'maven-password') continue
    const isLogin = /-(?:password|authorization)$/.test(id)
    for (const prefix of family.prefixes) {
      for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, at + prefix.length)) {
        const start = Math.max(0, at - (family.lead ?? 0))
        const match = pattern.exec(text.slice(start, start + longest))
        if (match === null || !family.isReal(match)) continue
        tokens.push(isLogin ? (match[1] ?? match[2] ?? match[0]) : match[0])
      }
    }
  }
  return tokens.filter(mayBeSecret)
}
