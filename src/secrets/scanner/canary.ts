import { randomBytes } from 'node:crypto'
import { Failure } from '../../lib/errors.js'
import { encodedCanaries, keyCanaries, type Random } from './canary-values.js'
import type { Canary, Plant } from './needles.js'
import { scan, type SecretMatcher } from './scan.js'

/** Characters between the two random parts, which each encoding writes in another way. */
const SPECIAL = `"\\<&=:' é~???\n`

/** Special characters in other formats, written by hand, since the encoders of the scanner cannot verify themselves. */
const SPECIAL_IN = {
  url: `%22%5C%3C%26%3D%3A'%20%C3%A9~%3F%3F%3F%0A`,
  form: '%22%5C%3C%26%3D%3A%27+%C3%A9%7E%3F%3F%3F%0A',
  json: String.raw`\"\\<&=:' é~???\n`,
  'json ascii': String.raw`\"\\<&=:' \u00e9~???\n`,
  'json html': String.raw`\"\\\u003c\u0026\u003d:\u0027 é~???\n`,
  properties: String.raw`"\\<&\=\:' \u00E9~???\n`,
  xml: '&quot;\\&lt;&amp;=:&apos; é~???\n'
}

/** Special characters in other spellings of the same escapes. */
const OTHER_SPECIAL = {
  html: '&#34;&#92;&lt;&#x26;=:&#39; &eacute;~???&#10;',
  url: '%22%5c%3c%26%3d%3a%27%20%c3%a9%7e%3f%3f%3f%0a'
}

/** Size of a window in the proof, in bytes: small, so that matches cross the borders. */
const STEP = 256

/** Returns random values, unique to this run, to search for like secrets. */
export function createCanary(random: Random = randomBytes): Canary {
  // Pieces that are searched for separately must have letters of both cases and digits.
  const part = (): string => `Aa1${random(18).toString('base64url')}`
  const name = 'canary of crac-checkpoint'
  const others = [...encodedCanaries(random), ...keyCanaries(random)]
  return {
    name,
    value: `${part()}${SPECIAL}${part()}`,
    others: others.map(({ value }) => ({ name, value })),
    plants: others.flatMap(({ plants }) => plants)
  }
}

/** Returns the canary in each encoding, for base64 in each of its three phases, and what its other values stand for. */
export function plantsOf({ value, plants }: Canary, random: Random = randomBytes): Plant[] {
  const [head = '', tail = ''] = value.split(SPECIAL)
  const texts: [string, string][] = Object.entries(SPECIAL_IN).map(([encoding, special]) => [
    encoding,
    `${head}${special}${tail}`
  ])
  for (const before of [3, 4, 5]) {
    const around = Buffer.concat([random(before), Buffer.from(value), random(4)])
    texts.push(['base64', around.toString('base64')], ['base64url', around.toString('base64url')])
  }
  const escaped = [`${head}${OTHER_SPECIAL.html}${tail}`, `${head}${OTHER_SPECIAL.url}${tail}`]
  const hex = Buffer.from(value).toString('hex')
  texts.push(['hex', hex], ['hex upper case', hex.toUpperCase()])
  return [
    { encoding: 'utf-8', bytes: Buffer.from(value, 'utf8') },
    { encoding: 'latin-1', bytes: Buffer.from(value, 'latin1') },
    { encoding: 'utf-16le', bytes: Buffer.from(value, 'utf16le') },
    { encoding: 'utf-16be', bytes: Buffer.from(value, 'utf16le').swap16() },
    ...texts.flatMap(([encoding, text]) => plantsOfText(encoding, text)),
    ...escaped.flatMap((text) => [
      { encoding: 'escaped', bytes: Buffer.from(text) },
      { encoding: 'escaped in utf-16le', bytes: Buffer.from(text, 'utf16le') }
    ]),
    ...plantsInBase64(value, random),
    ...plants,
    ...[head, tail].flatMap((piece) => [
      { encoding: 'piece in utf-8', bytes: Buffer.from(piece, 'utf8') },
      { encoding: 'piece in utf-16le', bytes: Buffer.from(piece, 'utf16le') },
      { encoding: 'piece in utf-16be', bytes: Buffer.from(piece, 'utf16le').swap16() }
    ])
  ]
}

/** Returns base64 of the value in UTF-16, in each phase, and base64 of the value with line breaks. */
function plantsInBase64(value: string, random: Random): Plant[] {
  const utf16 = Buffer.from(value, 'utf16le')
  const encodings: [string, Buffer][] = [
    ['base64 of utf-16le', utf16],
    ['base64 of utf-16be', Buffer.from(utf16).swap16()]
  ]
  const inUtf16 = [3, 4, 5].flatMap((before) =>
    encodings.map(([encoding, bytes]) => ({
      encoding,
      bytes: Buffer.from(Buffer.concat([random(before), bytes, random(4)]).toString('base64'))
    }))
  )
  const inLines = [30, 40, 50].flatMap((before) => {
    const text = Buffer.concat([random(before), Buffer.from(value), random(4)]).toString('base64')
    return ['\r\n', '\n', '\\n'].map((end) => ({
      encoding: 'base64 in lines',
      bytes: Buffer.from(text.replace(/.{64}/g, `$&${end}`))
    }))
  })
  return [...inUtf16, ...inLines]
}

function plantsOfText(encoding: string, text: string): Plant[] {
  const plants = [
    { encoding, bytes: Buffer.from(text, 'utf8') },
    { encoding: `${encoding} in utf-16le`, bytes: Buffer.from(text, 'utf16le') }
  ]
  if (!text.includes('é')) return plants
  return [...plants, { encoding: `${encoding} in latin-1`, bytes: Buffer.from(text, 'latin1') }]
}

/**
 * Scans for the canary of the matcher in every encoding, among random bytes. Throws a Failure of category `internal` if the scanner
 * misses one: its results would be worthless.
 */
export async function proveScanner(matcher: SecretMatcher, random: Random = randomBytes): Promise<void> {
  const missed: string[] = []
  for (const plant of plantsOf(matcher.canary, random)) {
    if (!(await isFound(plant, matcher, random))) missed.push(plant.encoding)
  }
  if (missed.length === 0) return
  throw new Failure(
    'internal',
    `The scan for secrets failed its self-test: it missed a test value encoded as ${[...new Set(missed)].join(', ')}.`,
    { fix: 'Please open an issue with the log of this step.' }
  )
}

async function isFound({ encoding, bytes }: Plant, matcher: SecretMatcher, random: Random): Promise<boolean> {
  const before = random(100 + (random(1)[0] ?? 0))
  const { findings } = await scan([before, bytes, random(100)], matcher, STEP)
  return findings.some(
    (finding) =>
      'secret' in finding &&
      finding.secret === matcher.canary.name &&
      finding.encoding === encoding &&
      finding.offsets.every((at) => at >= before.length && at < before.length + bytes.length)
  )
}
