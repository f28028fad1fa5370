import { hasKey, hasMixedRandomPart, hasPassword, hasRandomPart } from './real-token.js'

/** A kind of token that is known by its form. */
export interface Family {
  id: string
  what: string
  /** Literal beginnings, of at least 3 characters: one of them starts every match. */
  prefixes: readonly string[]
  /** The whole token, from its prefix on: begins with `^`, all quantifiers are bounded. ASCII only. */
  pattern: RegExp
  /** Characters of the longest match. */
  longest: number
  /** Letters, digits, `-`, `_` and `.` that stand at least behind the prefix: most prefixes have fewer, and cost little then. */
  run: number
  /** Whether a match reads like a real one: what the pattern cannot say. */
  isReal(match: RegExpExecArray): boolean
}

/** Ways to write a line break in a PEM: real, or escaped in a JSON text or a properties file. */
const BREAK = String.raw`(?:\r?\n|\\r\\n|\\n|\\\r?\n)`
const BASE64 = '[A-Za-z0-9+/=]'

/** Token families. Where two match the same bytes, both are found. */
export const FAMILIES: readonly Family[] = [
  {
    id: 'github-token',
    what: 'token of GitHub',
    prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    pattern: /^gh[pousr]_([0-9A-Za-z]{36})/,
    run: 36,
    longest: 40,
    isReal: hasRandomPart
  },
  {
    id: 'github-app-token',
    what: 'installation token of a GitHub App, in the form of 2026',
    prefixes: ['ghs_'],
    pattern: /^ghs_\d{1,20}_([\w-]{8,1000}\.[\w-]{8,4000}\.[\w-]{8,1000})/,
    run: 10,
    longest: 6030,
    isReal: hasRandomPart
  },
  {
    id: 'github-fine-grained-token',
    what: 'fine-grained token of GitHub',
    prefixes: ['github_pat_'],
    pattern: /^github_pat_([0-9A-Za-z]{22}_[0-9A-Za-z]{59})/,
    run: 82,
    longest: 93,
    isReal: hasRandomPart
  },
  {
    id: 'aws-access-key-id',
    what: 'access key id of AWS',
    prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: /^(?:AKIA|ASIA|ABIA|ACCA)([A-Z2-7]{16})/,
    run: 16,
    longest: 20,
    isReal: hasRandomPart
  },
  {
    id: 'google-api-key',
    what: 'API key of Google',
    prefixes: ['AIza'],
    pattern: /^AIza([\w-]{35})/,
    run: 35,
    longest: 39,
    isReal: hasRandomPart
  },
  {
    id: 'slack-token',
    what: 'token of Slack',
    prefixes: ['xoxa-', 'xoxb-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'],
    pattern: /^(?:xox[abeoprs]|xapp)-((?=[A-Za-z-]{0,30}\d)[0-9A-Za-z-]{20,250})/,
    run: 20,
    longest: 255,
    isReal: hasRandomPart
  },
  {
    id: 'npm-token',
    what: 'token of the npm registry',
    prefixes: ['npm_'],
    pattern: /^npm_([0-9A-Za-z]{36})/,
    run: 36,
    longest: 40,
    isReal: hasRandomPart
  },
  {
    id: 'gitlab-token',
    what: 'token of GitLab',
    prefixes: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-'],
    pattern: /^gl(?:pat|dt|rt|cbt|ptt)-([\w-]{20,64}(?:\.[\w-]{2,12}){0,3})/,
    run: 20,
    longest: 120,
    isReal: hasRandomPart
  },
  {
    id: 'docker-token',
    what: 'token of Docker Hub',
    prefixes: ['dckr_pat_', 'dckr_oat_'],
    pattern: /^dckr_[po]at_([\w-]{27,40})/,
    run: 27,
    longest: 49,
    isReal: hasRandomPart
  },
  {
    id: 'vault-token',
    what: 'token of Vault',
    prefixes: ['hvs.', 'hvb.', 'hvr.'],
    pattern: /^hv[sbr]\.([\w-]{24,300})/,
    run: 24,
    longest: 304,
    isReal: hasMixedRandomPart
  },
  {
    id: 'stripe-key',
    what: 'secret key of Stripe',
    prefixes: ['sk_live_', 'rk_live_'],
    pattern: /^[sr]k_live_([0-9A-Za-z]{24,200})/,
    run: 24,
    longest: 208,
    isReal: hasRandomPart
  },
  {
    id: 'private-key',
    what: 'private key (PEM)',
    prefixes: ['-----BEGIN '],
    // The bare header is a constant of the JDK and of many libraries: a line of base64 must follow, perhaps
    // behind headers such as `Proc-Type:` and an empty line. Of the body, four lines tell keys apart.
    pattern: new RegExp(
      `^-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----${BREAK}` +
        `(?:[A-Za-z-]{4,20}: ?[^\\r\\n\\\\]{1,100}${BREAK}){0,4}(?:${BREAK})?` +
        `(${BASE64}{40,100}(?:${BREAK}${BASE64}{1,100}){0,3})`
    ),
    run: 2,
    longest: 1100,
    isReal: hasKey
  },
  {
    id: 'jwt',
    what: 'signed JSON web token',
    prefixes: ['eyJ'],
    pattern: /^(eyJ[\w-]{10,2000})\.eyJ[\w-]{10,8000}\.[\w-]{20,1400}/,
    run: 10,
    longest: 11_420,
    isReal: ([, header = '']) => /"alg"\s*:/.test(Buffer.from(header, 'base64url').toString('latin1'))
  },
  {
    id: 'jdbc-password',
    what: 'JDBC address with a password',
    prefixes: ['jdbc:'],
    // Either as a parameter, or as Oracle has it: jdbc:oracle:thin:user/password@host.
    pattern:
      /^jdbc:(?:[\w:]{2,40}:[\w.:/?&;=@,!$%()*+~#{}[\]-]{2,400}[?;&]password=([\w.:/?=@,!$%()*+~#{}[\]^|-]{4,128})|oracle:thin:[\w$#]{1,30}\/([\w.!$%()*+~#{}^-]{4,128})@)/i,
    run: 2,
    longest: 600,
    isReal: hasPassword
  },
  {
    id: 'url-password',
    what: 'address with user and password',
    prefixes: ['://'],
    pattern: /^:\/\/[\w.%+~-]{1,64}:([!$&()*+,;=%.~^#|\w-]{4,128})@[A-Za-z0-9[][\w.-]/,
    run: 1,
    longest: 200,
    isReal: hasPassword
  }
]
