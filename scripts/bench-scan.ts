// Measures the scan for secrets against its limit: twice the time of reading the file with one
// Buffer.indexOf pass for each secret. `node scripts/with-modules.mjs scripts/bench-scan.ts [MB]`
import { randomBytes } from 'node:crypto'
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createCanary, proveScanner } from '../src/secrets/scanner/canary.js'
import { createMatcher, scan } from '../src/secrets/scanner/scan.js'

const MB = 1024 * 1024
const SIZE = Number(process.argv[2] ?? 1024)
const ROUNDS = 3

const SECRETS = Array.from({ length: 6 }, (_, index) => ({
  name: `SECRET_${index}`,
  value: randomBytes(9 + index * 6).toString('base64')
}))

/** Some text such as memory of a JVM has: names of classes, descriptors, addresses, settings, sentences. */
function someText(length: number): string {
  const words =
    'java/lang/Object (Ljava/util/Map;)V org.springframework.boot. http://www.w3.org/2001/XMLSchema get set the of value= key: PASSWORD ASIA_ROOT eyJ npm_config { } "name" 0123 invokeSpecial \n'.split(
      ' '
    )
  const picks = randomBytes(length / 4)
  let text = ''
  for (let index = 0; text.length < length; index++) {
    const pick = picks[index % picks.length] ?? 0
    text += `${words[pick % words.length] ?? ''}${(pick * index).toString(36)} `
  }
  return text.slice(0, length)
}

/** In turns of a megabyte: zeros, random bytes, text, UTF-16 text. Each secret is in it once. */
function writeFile(file: string): void {
  const descriptor = openSync(file, 'w')
  for (let megabyte = 0; megabyte < SIZE; megabyte++) {
    const kind = megabyte % 4
    const block =
      kind === 0
        ? Buffer.alloc(MB)
        : kind === 1
          ? randomBytes(MB)
          : kind === 2
            ? Buffer.from(someText(MB), 'latin1')
            : Buffer.from(someText(MB / 2), 'utf16le')
    const secret = SECRETS[megabyte - Math.floor(SIZE / 2)]
    if (secret !== undefined) block.write(secret.value, 12_345)
    writeSync(descriptor, block)
  }
  closeSync(descriptor)
}

const stream = (file: string): AsyncIterable<Buffer> => createReadStream(file, { highWaterMark: 4 * MB })

/** The yardstick: a pass of indexOf for each secret, through all of each piece. */
async function readWithIndexOf(file: string): Promise<number> {
  let found = 0
  for await (const piece of stream(file)) {
    for (const { value } of SECRETS) {
      const needle = Buffer.from(value)
      for (let at = piece.indexOf(needle); at >= 0; at = piece.indexOf(needle, at + 1)) found++
    }
  }
  return found
}

async function readOnly(file: string): Promise<number> {
  let bytes = 0
  for await (const piece of stream(file)) bytes += piece.length
  return bytes
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function median(values: number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN
}

const folder = mkdtempSync(path.join(tmpdir(), 'bench-scan-'))
try {
  const file = path.join(folder, 'pages.img')
  writeFile(file)
  const canary = createCanary()
  const matcher = createMatcher({ secrets: SECRETS, canary, key: randomBytes(32) })
  await proveScanner(matcher)
  const times = { read: [] as number[], indexOf: [] as number[], scan: [] as number[] }
  await readOnly(file) // so that it is in the page cache for all of them
  for (let round = 0; round < ROUNDS; round++) {
    times.read.push(await seconds(() => readOnly(file)))
    times.indexOf.push(await seconds(() => readWithIndexOf(file)))
    times.scan.push(
      await seconds(async () => {
        const { findings } = await scan(stream(file), matcher)
        const names = new Set(findings.flatMap((finding) => ('secret' in finding ? [finding.secret] : [])))
        if (names.size !== SECRETS.length) throw new Error(`found ${names.size} of ${SECRETS.length} secrets`)
      })
    )
  }
  for (const [name, all] of Object.entries(times)) {
    console.log(
      `${name.padEnd(8)} ${median(all).toFixed(2)} s (${all.map((one) => one.toFixed(2)).join(', ')})`
    )
  }
  const patterns = matcher.origins.length
  console.log(`${SIZE} MB, ${SECRETS.length} secrets and the canary, ${patterns} patterns`)
  console.log(`ratio    ${(median(times.scan) / median(times.indexOf)).toFixed(2)} (at most 2)`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
