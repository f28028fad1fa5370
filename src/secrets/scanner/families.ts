import { hasKey, hasMixedRandomPart, hasPassword, hasRandomPart } from './strength.js'

export interface Family {
  id: string
  what: string
  /** Literal prefixes of at least 3 characters: every match starts with one of them. */
  prefixes: readonly string[]
  /** Pattern of the whole token with its prefix, in ASCII: begins with `^`, and all quantifiers are bounded. */
  pattern: RegExp
  /** Maximum length of a match, in characters. */
  longest: number
  /** Minimum number of letters, digits, `-`, `_` and `.` after the prefix: a quick check that most occurrences of a prefix fail. */
  run: number
  /** Returns whether a match looks like a real token, beyond what the pattern checks. */
  isReal(match: RegExpExecArray): boolean
}

/** A line break in a PEM block: real, or escaped in a JSON text or a properties file. */
const BREAK = String.raw`(?:\r?\n|\\r\\n|\\n|\\\r?\n)`
const BASE64 = '[A-Za-z0-9+/=]'

/** All token families. Where two match the same bytes, both are found. */
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
    // The header alone is a constant of the JDK and of many libraries: a line of base64 must follow, perhaps
    // after headers such as `Proc-Type:` and an empty line. Four lines of the body identify a key.
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
    // A parameter, or the form of Oracle: jdbc:oracle:thin:user/password@host.
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
