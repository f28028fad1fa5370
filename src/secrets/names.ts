import { withoutPublicBlocks } from './scanner/decoded.js'
import { isPublicDer } from './scanner/private-keys.js'

/** Names of settings whose value is a secret, unless one of NAMES_OF_DESCRIPTION matches too. */
const NAME_OF_SECRET =
  /PASSWORD|PASSWD|PASSPHRASE|PASSCODE|SECRET|TOKEN|CREDENTIAL|AUTHORIZATION|CONNECTION_?STRING|(API|AUTH|ACCESS|PRIVATE|ENCRYPT|ENCRYPTION|SIGN|SIGNING|ACCOUNT|MASTER)KEYS?$|_KEYS?$|(^|_|DB|USER|KEY|STORE)(PASS|PWD)$|(^|_)(PSWD|PW|PIN|OTP|SALT|PEPPER|AUTH|CREDS?|COOKIES?|BEARER|JWT|HMAC|MNEMONIC)$/

/**
 * Names of settings whose value is not a secret, unless it is random and the name is one of NAME_OF_DOUBT: ends that say that it is a
 * description, a rule or the location of a secret; and keys of data: of a table, a cache, a message, a text or a file.
 */
const NAMES_OF_DESCRIPTION = [
  /(FILE|FILENAME|PATH|DIR|URL|URI|HOST|(^|_)PORT|DOMAIN|ENDPOINT|ISSUER|AUDIENCE|PROVIDER|DRIVER|ENGINE|SECRETS?_(MANAGER|BACKEND))S?$/,
  /(PLUGIN|CLASS|ENCODER|DECODER|GENERATOR|VALIDATOR|CONVERTER|HANDLER|SERIALIZER|DESERIALIZER|STRATEGY|POLICY|MODEL|FLOW)S?$/,
  /(GRANT|MODE|METHOD|TYPE|KIND|LEVEL|ALGORITHM|FORMAT|ENCODING|PATTERN|REGEX|TEMPLATE|NAME|USER|ID|ARN|ALIAS|HEADER|CLAIM)S?$/,
  /(SCOPE|LABEL|TITLE|DESCRIPTION|HINT|PREFIX|SUFFIX|TTL|(^|_)(MAX_?)?AGE|LIFETIME|VALIDITY|DURATION|EXPIRY|EXPIRATION|TIMEOUT|INTERVAL)S?$/,
  /(ROTATION|SCHEDULE|CRON|SECOND|MINUTE|HOUR|(^|_)DAY|LENGTH|SIZE|COUNT|CAPACITY|LIMIT|STRENGTH|CHARS|BITS|ROUNDS|ITERATION)S?$/,
  /(ATTEMPT|RETRIES|ENABLED|REQUIRED|VERSION|REGION|LOCATION|STORE|SOCK)S?$|(MAX|MIN|NUM|TOTAL|INPUT|OUTPUT)_TOKENS$|TOKENIZER$/,
  /(^|_)(PRIMARY|FOREIGN|NATURAL|SURROGATE|COMPOSITE|UNIQUE|PARTITION|SORT|RANGE|SHARD|SHARDING|ROW|COLUMN|INDEX)_?KEYS?$/,
  /(^|_)(GROUP|GROUPING|AGGREGATION|JOIN|LOOKUP|MAP|CACHE|LOCK|QUEUE|TOPIC|ROUTING|MESSAGE|EVENT|RECORD|DEDUP)_?KEYS?$/,
  /(^|_)(DEDUPLICATION|IDEMPOTENCY|CORRELATION|OBJECT|BUCKET|S3|BLOB|CONFIG|PROPERTY|ATTRIBUTE|FIELD|JSON|HEADER)_?KEYS?$/,
  /(^|_)(MDC|LOGGING|METRIC|TRANSLATION|I18N|FLAG|FEATURE|TOGGLE|PROJECT|TENANT|HOT|SHORTCUT)_?KEYS?$/
]

/** Names of settings that contain a public key, which may be random. */
const NAME_OF_PUBLIC_KEY = /(PUBLIC|PUBLISHABLE)_?KEYS?$/

/** Names of settings that contain a secret if its value is random: in other places the same names have plain words. */
const NAME_OF_DOUBT = /KEYS?$|(^|_)(SECRET_ID|SEED|NONCE|SIG|SIGNATURE|CODE)$/

/** Hex of at least 32 digits, also as a UUID. */
const HEX = /^(?:[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** Names of settings that contain public random values. */
const NAME_OF_PUBLIC =
  /(PUBLIC|PUBLISHABLE|COMMIT|SHA|SHA256|HASH|DIGEST|CHECKSUM|FINGERPRINT|REVISION|BUILD|TRACE|REQUEST|SESSION|RUN|VERSION|(^|_)ID|UUID)(_?(KEY|ID))?$/

/** Paths of files that contain a secret. Base64 has upper case and slashes too. */
const IS_PATH = /^(\/[a-z0-9._-]+){2,}$/

/** Locations of files that contain a secret: in a class path, on Windows, or with a usual ending, which base64 does not have. */
const IS_LOCATION =
  /^(classpath\*?|file|resource):\S+$|^[a-z]:\\[^:]*$|^[\w./\\-]+\.(pem|key|crt|cer|der|jks|p12|pfx|bcfks|keystore|json|properties|ya?ml|toml|conf|env|txt|html?)$/i

/** Names of secrets in the secret stores of AWS, Google and Kubernetes, and of keys of AWS. */
const IS_REFERENCE = /^arn:[\w-]+:[\w-]+:|^projects\/[\w-]+\/secrets\/[\w-]+|^alias\/[\w/-]+$/

/** Addresses without a login and a query. */
const IS_ADDRESS = /^[a-z][a-z\d+.-]*:\/\/([^\s@?#]*)$/i

/** Public keys of SSH. */
const IS_SSH_KEY = /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|sk-[\w@.-]+) AAAA[\w+/]+/

/** Values that are a choice or a small number, whatever the name of their setting. */
const IS_CHOICE = /^(true|false|yes|no|on|off|none|null|\d{0,3})$/i

/** Values of placeholders, which are the fix for a secret in a snapshot. */
const PLACEHOLDER =
  /placeholder|change[-_]?me|example|redacted|not[-_ ]?a[-_ ]?(real[-_ ]?)?(secret|password|token)|not[-_ ]?used|^<.*>$|^\$\{.*\}$|^\{\{.*\}\}$|^\$[a-z_]{3,}$|^%[a-z_.]{3,}%$|^@[a-z_.]{3,}@$|^(your|insert|enter|replace)[-_ ][a-z_ -]+$/i

/** Short words of placeholders. Random text may have such a word by chance, most often in mixed case. */
const SHORT_PLACEHOLDER = /fake|Fake|FAKE|dummy|Dummy|DUMMY/
/** Maximum length of a placeholder with such a word, in characters: a key of RSA in a thousand has one. */
const LONGEST_SHORT_PLACEHOLDER = 100

/** Values of the examples in RFC 6749 and 6750, and the signatures of those in RFC 7519 and at jwt.io. */
const PUBLISHED = new Set(
  (
    '2YotnFZFEjr1zCsicMWpAA tGzv3JOkF0XG5Qx2TlKWIA gX1fBat3bV 7Fjfp0ZBr1KtDRbnfVdmIw mF_9.B5f-4.1JqM ' +
    'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  ).split(' ')
)

/** Minimum length of a value that is recognized as random, in characters. */
const SHORTEST_RANDOM = 20
/** Minimum share of neighbours of different classes (lower case, upper case, digit): random text has more than half, camel case a fifth. */
const LEAST_CHANGES = 0.4
/** Minimum share for a value of one case and digits: random text has two fifths, words with numbers a fifth. */
const LEAST_CHANGES_OF_TWO = 0.25
/**
 * Minimum share of such a value with neighbours that are two consonants: random text has three quarters, words with numbers two fifths.
 * Abbreviations, such as `prdsrvwestdb01`, have as many, but digits only at their end.
 */
const LEAST_UNLIKE_WORDS = 0.55

/** Returns whether the name of a setting says that this value is a secret. */
export function isNamedSecret(name: string, value: string): boolean {
  const upper = upperCase(name)
  // The working folder of a shell.
  if (/^(OLD)?PWD$/.test(upper) && value.startsWith('/')) return false
  if (NAME_OF_PUBLIC_KEY.test(upper) || isKeyId(upper, value) || isNameOfCookie(upper, value)) return false
  if (saysSecret(upper)) return true
  return NAME_OF_DOUBT.test(upper) && (isRandom(value) || HEX.test(value) || isMixed(value))
}

/** Returns whether a value is letters of one case and digits in an order unlike that of words, as some API keys and base32 are. */
function isMixed(value: string): boolean {
  if (value.length < SHORTEST_RANDOM || !/^([a-z0-9]+|[A-Z0-9]+=*)$/.test(value)) return false
  if (IS_ALGORITHM.test(value)) return false
  const changes = changesIn(value)
  const consonants = [...value].filter(
    (one, index) => IS_CONSONANT.test(one) && IS_CONSONANT.test(value[index - 1] ?? '')
  )
  return (
    changes >= LEAST_CHANGES_OF_TWO ||
    (/\d[a-z]/i.test(value) && changes + consonants.length / (value.length - 1) >= LEAST_UNLIKE_WORDS)
  )
}

/** Names of algorithms of Java, such as `PBKDF2WITHHMACSHA256`. */
const IS_ALGORITHM = /with(hmac|rsa|dsa|ecdsa|aes|sha|md5)/i

const IS_CONSONANT = /[b-df-hj-np-tv-z]/i

function saysSecret(upper: string): boolean {
  return NAME_OF_SECRET.test(upper) && !NAMES_OF_DESCRIPTION.some((one) => one.test(upper))
}

/** Returns whether there are values that are a secret under this name. */
export function mayNameSecret(name: string): boolean {
  const upper = upperCase(name)
  return NAME_OF_DOUBT.test(upper) || saysSecret(upper)
}

/** Returns whether a value is the fingerprint of a key of OpenPGP, as the base images of languages have it. */
function isKeyId(upper: string, value: string): boolean {
  return /(^|_)(GPG|PGP)_KEYS?$/.test(upper) && /^([0-9A-F]{16}|[0-9A-F]{40})$/i.test(value)
}

/** Returns whether a value is the name of a cookie, such as `ORDERS_SESSION`. */
function isNameOfCookie(upper: string, value: string): boolean {
  return /(COOKIE|SESSION)(_KEY)?$/.test(upper) && /^[A-Z]{2,12}(_[A-Z]{2,12})*$/.test(value)
}

/**
 * Returns whether a value may be a secret, whatever its name: not a placeholder, the location of a file, the name of a secret in a
 * store, a public key, a choice or a small number.
 */
export function mayBeSecret(value: string): boolean {
  const isNone = [PLACEHOLDER, IS_PATH, IS_LOCATION, IS_REFERENCE, IS_SSH_KEY, IS_CHOICE].some((one) =>
    one.test(value)
  )
  if (isNone || (value.length <= LONGEST_SHORT_PLACEHOLDER && SHORT_PLACEHOLDER.test(value))) return false
  return !isAddress(value) && !isPublished(value) && !isPublicKey(value)
}

/** Returns whether a value is the name of a secret in a store. */
export function isReference(value: string): boolean {
  return IS_REFERENCE.test(value)
}

/** Returns whether a value is an address without anything secret: some have a random path, which is their password. */
function isAddress(value: string): boolean {
  const [, path] = IS_ADDRESS.exec(value) ?? []
  const mayBeRandom = (part: string): boolean =>
    isRandom(part) || (/[a-z]/i.test(part) && part.replace(/\D/g, '').length > 2)
  return path !== undefined && !path.split('/').some(mayBeRandom)
}

/** Returns whether a value is that of an example, or a JSON web token with its signature. */
function isPublished(value: string): boolean {
  return PUBLISHED.has(value) || PUBLISHED.has(value.slice(value.lastIndexOf('.') + 1))
}

/** Returns whether a value is a public key or a certificate, as PEM or as base64. */
function isPublicKey(value: string): boolean {
  if (value.startsWith('-----BEGIN ')) return withoutPublicBlocks(value).trim() === ''
  return /^MI[A-Za-z0-9+/]{40,}={0,2}$/.test(value) && isPublicDer(Buffer.from(value, 'base64'))
}

function upperCase(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()
}

/** Returns whether a value under this name looks like key material, and not like a public random value. */
export function isRandomSecret(name: string, value: string): boolean {
  return isRandom(value) && !NAME_OF_PUBLIC.test(upperCase(name))
}

/** Returns whether a value looks like key material in base64: letters of both cases and digits, in an order unlike that of words. */
export function isRandom(value: string): boolean {
  if (value.length < SHORTEST_RANDOM || !/^[A-Za-z0-9+=_-][A-Za-z0-9+/=_-]+$/.test(value)) return false
  return CLASSES.every((one) => one.test(value)) && changesIn(value) >= LEAST_CHANGES
}

const CLASSES = [/[a-z]/, /[A-Z]/, /\d/]

/** Returns the share of neighbours of different classes. */
function changesIn(value: string): number {
  const classes = [...value].map((character) => CLASSES.findIndex((one) => one.test(character)))
  const changes = classes.filter((one, index) => index > 0 && one !== classes[index - 1]).length
  return changes / (classes.length - 1)
}
