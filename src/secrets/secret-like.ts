import { FAMILIES } from './families.js'
import type { Secret } from './needles.js'

/** A variable of this name holds a secret ... */
const NAME_OF_SECRET =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|API_?KEY|(ACCESS|PRIVATE|ENCRYPTION|SIGNING|ACCOUNT|MASTER)_?KEY|_(PASS|PWD)$|^PASS$|CONNECTION_?STRING/

/** ... unless it only describes one, or says where it is. */
const NAME_OF_DESCRIPTION =
  /(FILE|PATH|DIR|URL|URI|HOST|ENDPOINT|ISSUER|PROVIDER|NAME|USER|ID|ARN|ALIAS|TYPE|ALGORITHM|HEADER|SCOPE|TTL|EXPIRY|EXPIRATION|SECONDS|MINUTES|LENGTH|SIZE|LIMIT|ENABLED|REQUIRED|VERSION|REGION|LOCATION|STORE|SOCK)S?$/

/** Of these, a value that reads as random is no secret either. */
const NAME_OF_PUBLIC =
  /(PUBLIC|COMMIT|SHA|SHA256|HASH|DIGEST|CHECKSUM|FINGERPRINT|REVISION|BUILD|TRACE|REQUEST|SESSION|RUN|VERSION|(^|_)ID|UUID)(_?(KEY|ID))?$/

/** It says where the secret is. */
const IS_PATH = /^(\/[a-z0-9._-]+){2,}$/

/** What the value of a placeholder has in it: the fix for a secret in a snapshot must not be one itself. */
const PLACEHOLDER =
  /placeholder|dummy|change[-_]?me|example|fake|redacted|not[-_ ]?a[-_ ]?(real[-_ ]?)?(secret|password|token)|not[-_ ]?used|^<.*>$|^\$\{.*\}$/i

/** Characters of the shortest value that can be told to be random by itself. */
const SHORTEST_RANDOM = 20
/** Share of neighbours of another class (lower case, upper case, digit): of random text more than half, of words in camel case a fifth. */
const LEAST_CHANGES = 0.4

/**
 * What of a named setting (environment variable, system property, argument) must not be in an image: the whole value if the name
 * says so or the value reads like key material; the tokens, and the passwords of addresses, that it has in it. Nothing of
 * an ordinary setting, or of a placeholder.
 */
export function secretsIn(source: string, name: string, value: string): Secret[] {
  if (PLACEHOLDER.test(value) || IS_PATH.test(value)) return []
  const upper = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toUpperCase()
  const named = NAME_OF_SECRET.test(upper) && !NAME_OF_DESCRIPTION.test(upper)
  if (named || (isRandom(value) && !NAME_OF_PUBLIC.test(upper))) return [{ name: `${source} ${name}`, value }]
  return tokensIn(value).map((token) => ({ name: `${source} ${name}`, value: token }))
}

/** Tokens of the families, and for addresses the password alone. */
function tokensIn(text: string): string[] {
  return FAMILIES.flatMap((family) =>
    family.prefixes.flatMap((prefix) => {
      const at = text.indexOf(prefix)
      const match = at < 0 ? null : family.pattern.exec(text.slice(at))
      if (match === null || !family.isReal(match)) return []
      return [family.id.endsWith('-password') ? (match[1] ?? match[2] ?? match[0]) : match[0]]
    })
  )
}

function isRandom(value: string): boolean {
  if (value.length < SHORTEST_RANDOM || !/^[A-Za-z0-9+=_-][A-Za-z0-9+/=_-]+$/.test(value)) return false
  const classes = [...value].map((character) =>
    [/[a-z]/, /[A-Z]/, /\d/].findIndex((one) => one.test(character))
  )
  if (![0, 1, 2].every((one) => classes.includes(one))) return false
  const changes = classes.filter((one, index) => index > 0 && one !== classes[index - 1]).length
  return changes / (classes.length - 1) >= LEAST_CHANGES
}
