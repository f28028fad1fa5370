/** Names of settings whose value is a secret, unless NAME_OF_DESCRIPTION matches too. */
const NAME_OF_SECRET =
  /PASSWORD|PASSWD|PASSPHRASE|PASSCODE|SECRET|TOKEN|CREDENTIAL|AUTHORIZATION|CONNECTION_?STRING|(API|AUTH|ACCESS|PRIVATE|ENCRYPT|ENCRYPTION|SIGN|SIGNING|ACCOUNT|MASTER)KEYS?$|_KEYS?$|(^|_|DB|USER|KEY|STORE)(PASS|PWD)$|(^|_)(PSWD|PW|PIN|OTP|SALT|PEPPER|AUTH|CREDS?|COOKIES?|BEARER|JWT|HMAC|MNEMONIC)$/

/** Ends of names of settings that contain a description or the location of a secret, or a key that is public. */
const NAME_OF_DESCRIPTION =
  /((FILE|PATH|DIR|URL|URI|HOST|ENDPOINT|ISSUER|PROVIDER|NAME|USER|ID|ARN|ALIAS|TYPE|ALGORITHM|HEADER|SCOPE|TTL|EXPIRY|EXPIRATION|TIMEOUT|INTERVAL|SECONDS|MINUTES|LENGTH|SIZE|COUNT|LIMIT|ENABLED|REQUIRED|VERSION|REGION|LOCATION|STORE|SOCK|PREFIX|SUFFIX|FORMAT|MODE|POLICY|CLASS)S?|(PUBLIC|PRIMARY|FOREIGN|PARTITION|SORT|ROUTING|CACHE|ROW|MESSAGE|OBJECT|BUCKET|LOOKUP|IDEMPOTENCY)_KEYS?)$/

/** Names of settings that contain a secret if its value is random: in other places the same names have plain words. */
const NAME_OF_DOUBT = /KEYS?$|(^|_)(SECRET_ID|SEED|NONCE|SIG|SIGNATURE|CODE)$/

/** Hex of at least 32 digits, also as a UUID. */
const HEX = /^(?:[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** Names of settings that contain public random values. */
const NAME_OF_PUBLIC =
  /(PUBLIC|COMMIT|SHA|SHA256|HASH|DIGEST|CHECKSUM|FINGERPRINT|REVISION|BUILD|TRACE|REQUEST|SESSION|RUN|VERSION|(^|_)ID|UUID)(_?(KEY|ID))?$/

/** Paths of files that contain a secret. */
const IS_PATH = /^(\/[a-z0-9._-]+){2,}$/

/** Values that are a choice or a small number, whatever the name of their setting. */
const IS_CHOICE = /^(true|false|yes|no|on|off|none|null|\d{0,3})$/i

/** Values of placeholders, which are the fix for a secret in a snapshot. */
const PLACEHOLDER =
  /placeholder|dummy|change[-_]?me|example|fake|redacted|not[-_ ]?a[-_ ]?(real[-_ ]?)?(secret|password|token)|not[-_ ]?used|^<.*>$|^\$\{.*\}$/i

/** Minimum length of a value that is recognized as random, in characters. */
const SHORTEST_RANDOM = 20
/** Minimum share of neighbours of different classes (lower case, upper case, digit): random text has more than half, camel case a fifth. */
const LEAST_CHANGES = 0.4

/** Returns whether the name of a setting says that this value is a secret. */
export function isNamedSecret(name: string, value: string): boolean {
  const upper = upperCase(name)
  // The working folder of a shell.
  if (/^(OLD)?PWD$/.test(upper) && value.startsWith('/')) return false
  if (NAME_OF_SECRET.test(upper) && !NAME_OF_DESCRIPTION.test(upper)) return true
  return NAME_OF_DOUBT.test(upper) && (isRandom(value) || HEX.test(value))
}

/** Returns whether there are values that are a secret under this name. */
export function mayNameSecret(name: string): boolean {
  const upper = upperCase(name)
  return NAME_OF_DOUBT.test(upper) || (NAME_OF_SECRET.test(upper) && !NAME_OF_DESCRIPTION.test(upper))
}

/** Returns whether a value may be a secret, whatever its name: not a placeholder, a path, a choice or a small number. */
export function mayBeSecret(value: string): boolean {
  return !PLACEHOLDER.test(value) && !IS_PATH.test(value) && !IS_CHOICE.test(value)
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
  const classes = [...value].map((character) =>
    [/[a-z]/, /[A-Z]/, /\d/].findIndex((one) => one.test(character))
  )
  if (![0, 1, 2].every((one) => classes.includes(one))) return false
  const changes = classes.filter((one, index) => index > 0 && one !== classes[index - 1]).length
  return changes / (classes.length - 1) >= LEAST_CHANGES
}
