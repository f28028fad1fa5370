import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tarOf } from '../../support/image-archive.js'

/** A secret that the application of the test, or the image, contains in one form. */
export interface Planted {
  /** Name in the report. */
  name: string
  value: string
  /** Place in the image: `Java heap` and the like, or a file. */
  place: string
  encoding: string
}

/** A planted secret, and the form in which the application gets its bytes. */
interface Row extends Omit<Planted, 'name'> {
  form: string
  bytes: Buffer
}

/** A random text that needs no escape. */
export const random = (): string => `${randomBytes(15).toString('base64url')}Aa1`

/** A random text with characters that escapes change. */
const special = (): string => `${random()}"\\<&= '${random()}`

const HEAP = 'Java heap'

/** A value that the application has as the text itself, or as what is given. */
function row(form: string, encoding: string, value: string, bytes: Buffer | string = value): Row {
  return { form, encoding, value, bytes: Buffer.from(bytes as string), place: HEAP }
}

function textsInMemory(): Row[] {
  return [
    row('string', 'utf-8', random()),
    row('string', 'utf-16le', `${random()}Ω`),
    row('string', 'latin-1', `${random()}é`),
    row('builder', 'utf-8', random()),
    row('chars', 'utf-16le', random()),
    row('bytes', 'utf-8', random()),
    row('utf16be', 'utf-16be', random()),
    row('utf16le', 'utf-16le', `${special()}`),
    row('connection', 'utf-8', random()),
    { ...row('direct', 'utf-8', random()), place: 'native heap' }
  ]
}

function encodedTexts(): Row[] {
  const character = (text: string, to: (code: number) => string): string =>
    text.replace(/[^A-Za-z0-9_-]/g, (one) => to(one.charCodeAt(0)))
  const escaped = (
    encoding: string,
    escape: (value: string) => string,
    form = 'string',
    value = special()
  ): Row => row(form, encoding, value, escape(value))
  const hex = (code: number): string => code.toString(16)
  const json = (value: string): string => JSON.stringify({ password: value })
  return [
    row('base64', 'base64', random()),
    row('base64url', 'base64', random()),
    row('base64utf16', 'base64 of utf-16le', random()),
    row('mime', 'base64 in lines', `${random()}${random()}`),
    row('basic', 'base64', random()),
    row('hex', 'hex', random()),
    row('upperhex', 'hex upper case', random()),
    row('form', 'form', special()),
    row('properties', 'properties', special()),
    escaped('json', json),
    escaped('json in utf-16le', json, 'chars'),
    escaped('json html', (value) =>
      json(value).replace(/[<&=']/g, (one) => `\\u00${hex(one.charCodeAt(0))}`)
    ),
    escaped('escaped', (value) => character(value, (code) => `\\u00${hex(code).toUpperCase()}`)),
    escaped('escaped', (value) => JSON.stringify(json(value))),
    escaped('escaped', (value) => character(value, (code) => `%${hex(code)}`)),
    escaped('escaped in utf-16le', (value) => character(value, (code) => `&#${code};`), 'chars'),
    escaped('xml', (value) =>
      value.replace(
        /[<&"']/g,
        (one) => ({ '<': '&lt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' })[one] ?? one
      )
    ),
    escaped('escaped', (value) => `password: '${value.replaceAll("'", "''")}'`)
  ]
}

/** Values that stand for bytes or keys, which the application has instead. */
function decodedValues(): Row[] {
  const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string =>
    key.export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' }).toString()
  const jwk = (key: KeyObject): string => JSON.stringify(key.export({ format: 'jwk' }))
  const rsa = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
  const key = (form: string, one: KeyObject, value: (key: KeyObject) => string, encoding = NUMBER): Row =>
    row(form, encoding, value(one), one.export({ type: 'pkcs8', format: 'der' }))
  const bytes = (size = 32): Buffer => randomBytes(size)
  const decoded = (form: string, kind: 'base64' | 'base64url' | 'hex', content: Buffer): Row =>
    row(form, kind === 'hex' ? 'decoded hex' : 'decoded base64', content.toString(kind), content)
  const inner = random()
  const lines = pem(ec('secp384r1'), 'pkcs8').trim()
  const exponent = ec('prime256v1')
  return [
    decoded('aes', 'base64', bytes()),
    decoded('bytes', 'base64url', bytes()),
    decoded('aes', 'hex', bytes(16)),
    decoded('direct', 'hex', bytes(64)),
    decoded('string', 'base64', Buffer.from(`user:${special()}`)),
    { ...decoded('chars', 'hex', Buffer.from(random())), encoding: 'decoded hex in utf-16le' },
    key('rsa', rsa(), (one) => pem(one, 'pkcs8')),
    key('rsa', rsa(), (one) => pem(one, 'pkcs1')),
    key('rsa', rsa(), jwk),
    key('rsa', rsa(), (one) => JSON.stringify({ type: 'service_account', private_key: pem(one, 'pkcs8') })),
    key('rsa', rsa(), (one) => one.export({ type: 'pkcs8', format: 'der' }).toString('base64')),
    key('ec', ec('prime256v1'), (one) => pem(one, 'pkcs8'), SCALAR),
    key('ec', ec('secp384r1'), (one) => pem(one, 'sec1'), SCALAR),
    key('ec', ec('secp521r1'), jwk, SCALAR),
    key('ec', ec('prime256v1'), (one) => pem(one, 'pkcs8').trim().replaceAll('\n', '\\n'), SCALAR),
    key(
      'ed25519',
      generateKeyPairSync('ed25519').privateKey,
      (one) => pem(one, 'pkcs8'),
      'number of the key'
    ),
    key('x25519', generateKeyPairSync('x25519').privateKey, (one) => pem(one, 'pkcs8'), 'number of the key'),
    row(
      'number',
      NUMBER,
      pem(exponent, 'sec1'),
      Buffer.from(exponent.export({ format: 'jwk' }).d ?? '', 'base64url')
    ),
    row('string', 'piece in utf-8', `{\n"client_id": "shop",\n"client_secret": "${inner}"\n}`, inner),
    row('chars', 'piece in utf-16le', lines, lines.split('\n')[2])
  ].map((one) => (one.form === 'direct' ? { ...one, place: 'native heap' } : one))
}

/** How RSA keys of the JDK have their numbers, and how those of curves have theirs. */
const NUMBER = 'number of the key in BigInteger'
const SCALAR = 'number of the key, little-endian'

/** Secrets in files that the application writes. */
async function filesOfApplication(): Promise<Row[]> {
  const placed = (form: string, place: string, encoding = 'utf-8'): Row => ({
    ...row(form, encoding, random()),
    place
  })
  /** A secret in a folder that is packed by a program, in which its text is not whole. */
  const folder = async (name: string, pack: (tar: Buffer) => Buffer): Promise<Row> => {
    const value = random()
    const bytes = pack(await tarOf({ 'etc/c.yml': `${value}\n`.repeat(50) }))
    return { ...placed(name, `/tmp/${name}!/etc/c.yml`), value, bytes }
  }
  const program = (command: string) => (input: Buffer) => execFileSync(command, ['-c'], { input })
  return [
    placed('file', '/tmp/settings'),
    placed('name', '(a file name that contains the secret)'),
    placed('war', '/tmp/app.war!/a.jar!/b.jar!/x.yml'),
    placed('gzip', '/tmp/old.log.1'),
    placed('link', '/tmp/link'),
    placed('comment', '/tmp/comment'),
    await folder('c.tgz', gzipSync),
    await folder('c.tar.xz', program('xz')),
    await folder('c.tar.bz2', program('bzip2'))
  ]
}

/** Secrets that nobody lists, and that are known by their form, each with the kind that the report names. */
function tokens(): (Row & { name: string })[] {
  const alnum = (length: number): string =>
    `aB3${randomBytes(length)
      .toString('hex')
      .slice(0, length - 6)}Zy9`.slice(0, length)
  const upper = (length: number): string =>
    [...randomBytes(length)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')
  const json64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const login = Buffer.from(`robot:${random()}`).toString('base64')
  const der = generateKeyPairSync('ed25519').privateKey
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const known = (name: string, value: string, form = 'string'): Row & { name: string } => ({
    ...row(form, form === 'chars' ? 'utf-16' : 'latin-1', value),
    name
  })
  return [
    known('token of GitHub', `ghp_${alnum(36)}`),
    known('access key id of AWS', `AKIA${upper(16)}`, 'chars'),
    known('token of GitLab', `glpat-${alnum(20)}`),
    known('token of Slack', `xoxb-8274610395-${alnum(24)}`, 'chars'),
    known('secret key of Stripe', `sk_live_${alnum(24)}`),
    known('API key of SendGrid', `SG.${alnum(22)}.${alnum(43)}`),
    known(
      'signed JSON web token',
      `${json64({ alg: 'HS256', typ: 'JWT' })}.${json64({ sub: random() })}.${alnum(43)}`,
      'chars'
    ),
    known('private key (PEM)', pem.export({ type: 'pkcs8', format: 'pem' }).toString()),
    known('private key (JWK)', `{"d":"${der.export({ format: 'jwk' }).d}"}`, 'chars'),
    known('JDBC address with a password', `jdbc:postgresql://db/shop?user=shop&password=${random()}`),
    known('address with user and password', `amqp://shop:${random()}@queue:5672/`),
    known('login in a config.json of Docker', `{"auths":{"ghcr.io":{"auth":"${login}"}}}`)
  ]
}

/** Returns all rows, and the input `secret-values` that knows them. */
export async function plant(): Promise<{
  planted: Planted[]
  secretValues: string
  /** The input `arguments`: each byte turned over, so that a scan does not find the arguments. */
  arguments: string
}> {
  const known = [...textsInMemory(), ...encodedTexts(), ...decodedValues(), ...(await filesOfApplication())]
  const byForm = tokens()
  let line = 1
  const planted = known.map((one): Planted => {
    const name = `secret-values line ${line}`
    line += one.value.trim().split('\n').length
    return { ...one, name }
  })
  const turned = (bytes: Buffer): string => Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString('hex')
  return {
    planted: [...planted, ...byForm],
    secretValues: known.map(({ value }) => value.trim()).join('\n'),
    arguments: [...known, ...byForm]
      .map(({ form, bytes }, index) => `held${index}.${form}=${turned(bytes)}`)
      .join('\n')
  }
}
