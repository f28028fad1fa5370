// Measures the scan for secrets, in processor time: against its limit, twice the time of reading the file with one Buffer.indexOf pass
// for each secret; and, in turns, against the scan of another checkout.
// `node scripts/with-modules.mjs scripts/bench-scan.ts [--size MB] [--rounds N] [--against CHECKOUT] [--pages FILE]...`
// Half of the input are the given files, such as the pages of snapshots; the rest is made up.
import { randomBytes } from 'node:crypto'
import { closeSync, createReadStream, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import * as canaries from '../src/secrets/scanner/canary.js'
import * as scanner from '../src/secrets/scanner/scan.js'

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '5' },
    against: { type: 'string' },
    pages: { type: 'string', multiple: true, default: [] }
  }
})
const MB = 1024 * 1024
const SIZE = Number(options.size)
const ROUNDS = Number(options.rounds)

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

/** Yields the megabytes of files, again and again. */
function* megabytesOf(files: readonly string[]): Generator<Buffer<ArrayBuffer>, never> {
  for (;;) {
    for (const file of files) {
      const descriptor = openSync(file, 'r')
      for (let block = Buffer.alloc(MB); readSync(descriptor, block) === MB; block = Buffer.alloc(MB))
        yield block
      closeSync(descriptor)
    }
  }
}

/** In turns of a megabyte: zeros, random bytes, text, UTF-16 text, and as many megabytes of the given files. Each secret is in it once. */
function writeFile(file: string): void {
  const kinds = [
    () => Buffer.alloc(MB),
    () => randomBytes(MB),
    () => Buffer.from(someText(MB), 'latin1'),
    () => Buffer.from(someText(MB / 2), 'utf16le')
  ]
  const pages = megabytesOf(options.pages)
  if (options.pages.length > 0)
    for (let count = kinds.length; count > 0; count--) kinds.push(() => pages.next().value)
  const descriptor = openSync(file, 'w')
  for (let megabyte = 0; megabyte < SIZE; megabyte++) {
    const block = kinds[megabyte % kinds.length]?.() ?? Buffer.alloc(MB)
    const secret = SECRETS[megabyte - Math.floor(SIZE / 2)]
    if (secret !== undefined) block.write(secret.value, 12_345)
    writeSync(descriptor, block)
  }
  closeSync(descriptor)
}

const stream = (file: string): AsyncIterable<Buffer> => createReadStream(file, { highWaterMark: 4 * MB })

/** The yardstick: a pass of indexOf for each secret, through all of each piece. */
async function readWithIndexOf(file: string): Promise<void> {
  for await (const piece of stream(file)) {
    for (const { value } of SECRETS) {
      const needle = Buffer.from(value)
      let at = piece.indexOf(needle)
      while (at >= 0) at = piece.indexOf(needle, at + 1)
    }
  }
}

async function readOnly(file: string): Promise<void> {
  for await (const piece of stream(file)) if (piece.length === 0) return
}

interface Checkout {
  scanner: Pick<typeof scanner, 'createMatcher' | 'scan'>
  canaries: Pick<typeof canaries, 'createCanary' | 'proveScanner'>
}

/** Returns the scan of a checkout, which fails if it does not find each secret. */
async function scanOf(
  { scanner, canaries }: Checkout,
  name: string
): Promise<(file: string) => Promise<void>> {
  const matcher = scanner.createMatcher({
    secrets: SECRETS,
    canary: canaries.createCanary(),
    key: randomBytes(32)
  })
  await canaries.proveScanner(matcher)
  console.log(`${name}: ${matcher.origins.length} patterns`)
  return async (file) => {
    const { findings } = await scanner.scan(stream(file), matcher)
    const names = new Set(findings.flatMap((finding) => ('secret' in finding ? [finding.secret] : [])))
    if (names.size !== SECRETS.length) throw new Error(`found ${names.size} of ${SECRETS.length} secrets`)
  }
}

async function checkoutIn(folder: string): Promise<Checkout> {
  const load = async (file: string): Promise<unknown> =>
    await import(path.resolve(folder, 'src/secrets/scanner', file))
  return {
    scanner: (await load('scan.ts')) as Checkout['scanner'],
    canaries: (await load('canary.ts')) as Checkout['canaries']
  }
}

interface Times {
  processor: number[]
  elapsed: number[]
}

async function measure(work: () => Promise<void>, times: Times): Promise<void> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  times.processor.push((user + system) / 1e6)
  times.elapsed.push((performance.now() - start) / 1000)
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN
}

/** Returns the median of the ratios of two works in the same round. */
function ratio(one: Times, other: Times): string {
  return median(one.processor.map((time, round) => time / (other.processor[round] ?? NaN))).toFixed(2)
}

const folder = mkdtempSync(path.join(tmpdir(), 'bench-scan-'))
try {
  const file = path.join(folder, 'pages.img')
  writeFile(file)
  const works = {
    read: readOnly,
    indexOf: readWithIndexOf,
    scan: await scanOf({ scanner, canaries }, 'this checkout'),
    ...(options.against === undefined
      ? {}
      : { against: await scanOf(await checkoutIn(options.against), options.against) })
  }
  await readOnly(file) // so that it is in the page cache for all of them
  const times = new Map(
    Object.keys(works).map((name): [string, Times] => [name, { processor: [], elapsed: [] }])
  )
  const of = (name: string): Times => times.get(name) ?? { processor: [], elapsed: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const turns = Object.entries(works)
    for (const [name, work] of round % 2 === 0 ? turns : turns.reverse())
      await measure(() => work(file), of(name))
  }
  for (const [name, { processor, elapsed }] of times) {
    const all = processor.map((one) => one.toFixed(2)).join(', ')
    console.log(
      `${name.padEnd(8)} ${median(processor).toFixed(2)} s of the processor (${all}), ${median(elapsed).toFixed(2)} s`
    )
  }
  console.log(`${SIZE} MB: scan / indexOf ${ratio(of('scan'), of('indexOf'))} (at most 2)`)
  if (options.against !== undefined) console.log(`scan / against ${ratio(of('scan'), of('against'))}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
