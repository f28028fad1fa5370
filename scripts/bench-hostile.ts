// Measures the search of images that are made to be slow, against one of the same size with the jars of ordinary libraries: time of the
// processor, and memory. `node scripts/with-modules.mjs scripts/bench-hostile.ts [--size MB] [--rounds N] [--corpus FOLDER] [--only KIND]...`
// Maven downloads the jars if FOLDER is not there. Needs Maven and the programs xz, bzip2 and zstd, and is not part of npm test.
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { hostileLines } from '../__tests__/support/regex-steps.js'
import { FAMILIES } from '../src/secrets/scanner/families.js'
import { DEFAULT_FOLDER, libraryJars } from './corpus/jars.js'

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    corpus: { type: 'string', default: DEFAULT_FOLDER },
    only: { type: 'string', multiple: true, default: [] }
  }
})
const MB = 1024 * 1024
const SIZE = Number(options.size) * MB
/** A known value with a part that is in all texts. */
const VALUE = `host & port ${'!#%,'.repeat(40)}`

/** Bytes of a hostile file that takes long to search; `turn` counts the files. */
type Kind = (turn: number) => Buffer

function packed(command: string, args: string[], input: Buffer): Buffer {
  return execFileSync(command, ['-c', ...args], { input, maxBuffer: 1e9 })
}

function repeated(text: string | Buffer): Buffer {
  return Buffer.alloc(MB, text)
}

/** Local headers of a zip archive, each of an empty file of one letter. */
function headers(count: number): Buffer {
  const header = Buffer.alloc(31)
  header.write('PK\x03\x04\x14', 'latin1')
  header.writeUInt16LE(1, 26)
  header.write('a', 30)
  return Buffer.alloc(count * header.length, header)
}

const family = (turn: number): (typeof FAMILIES)[number] =>
  FAMILIES[turn % FAMILIES.length] as (typeof FAMILIES)[number]
const beginning = (turn: number): string => {
  const { lead = 0, prefixes } = family(turn)
  return `${'x'.repeat(lead)}${prefixes[0] ?? ''}A0a1`
}
const noise = randomBytes(20_000)
const lazy = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => (made ??= make())
}
const zstd = lazy(() => {
  const windows = ['-1', '--long=24', '--no-content-size']
  return packed('zstd', windows, packed('zstd', windows, Buffer.concat([noise, Buffer.alloc(1_500_000)])))
})
const gzip = lazy(() => gzipSync(Buffer.concat([noise, Buffer.alloc(80 * 20_000)])))
const xz = lazy(() => packed('xz', ['-0'], Buffer.from('one line\n')))
const bzip2 = lazy(() => packed('bzip2', [], Buffer.concat([noise, Buffer.alloc(90 * 20_000)])))
const jars = await libraryJars(options.corpus)

const KINDS: Record<string, Kind> = {
  'jars of libraries': (turn) => readFileSync(jars[turn % jars.length] ?? ''),
  'beginnings of tokens': (turn) => repeated(beginning(turn)),
  'beginnings of tokens in UTF-16': (turn) => repeated(Buffer.from(beginning(turn), 'utf16le')),
  'beginnings of JSON web tokens': () => repeated('eyJ'),
  'lines that are slow for patterns': (turn) =>
    Buffer.concat(hostileLines(family(turn).pattern, 12_000).map((line) => Buffer.from(`${line}\n`))),
  'a part of a known value': () => repeated('host'),
  'headers of files in zip': () => headers(33_000),
  'gzip, 80 times as large': () => gzip(),
  'zstd in zstd': () => zstd(),
  'bzip2, 90 times as large': () => bzip2(),
  'small files of xz': () => xz(),
  'damaged bzip2': () => Buffer.concat([Buffer.from('BZh91AY&SY'), noise]),
  'empty files': () => Buffer.alloc(0)
}

/** Writes an archive as `docker save` does, with one layer. */
async function writeImage(file: string, kind: Kind): Promise<void> {
  const layer = `${file}.layer`
  const tar = pack()
  const written = pipeline(tar, createWriteStream(layer))
  for (let turn = 0, size = 0; size < SIZE; turn++) {
    const bytes = kind(turn)
    await new Promise<void>((resolve, reject) => {
      tar.entry({ name: `app/${turn}` }, bytes, (error) => (error ? reject(error) : resolve()))
    })
    size += 512 + Math.ceil(bytes.length / 512) * 512
  }
  tar.finalize()
  await written
  const outer = pack()
  const all = pipeline(outer, createWriteStream(file))
  await pipeline(createReadStream(layer), outer.entry({ name: 'layer.tar', size: statSync(layer).size }))
  outer.entry({ name: 'manifest.json' }, JSON.stringify([{ Layers: ['layer.tar'] }]))
  outer.finalize()
  await all
  rmSync(layer)
}

interface Measured {
  processor: number
  memory: number
  unopened: string[]
}

/** Scans an image in a process of its own. */
async function scanned(file: string): Promise<Measured> {
  const script = ['--import', 'tsx', '__tests__/support/scan-image.ts', VALUE]
  const child = spawn(process.execPath, script, { stdio: ['pipe', 'pipe', 'inherit'] })
  const printed = buffer(child.stdout)
  await pipeline(createReadStream(file), child.stdin)
  return JSON.parse((await printed).toString()) as Measured
}

const median = (values: number[]): number =>
  values.sort((one, other) => one - other)[values.length >> 1] ?? NaN
const folder = mkdtempSync(path.join(tmpdir(), 'bench-hostile-'))
try {
  let ordinary = NaN
  for (const [name, kind] of Object.entries(KINDS)) {
    if (Number.isFinite(ordinary) && options.only.length > 0 && !options.only.includes(name)) continue
    const file = path.join(folder, 'image.tar')
    await writeImage(file, kind)
    const rounds: Measured[] = []
    for (let round = 0; round < Number(options.rounds); round++) rounds.push(await scanned(file))
    const processor = median(rounds.map((one) => one.processor))
    if (!Number.isFinite(ordinary)) ordinary = processor
    const memory = Math.max(...rounds.map((one) => one.memory)) / MB
    console.log(
      `${name.padEnd(34)} ${processor.toFixed(2)} s of the processor, ${(processor / ordinary).toFixed(2)} times; ${memory.toFixed(0)} MB of memory; ${rounds[0]?.unopened.length} not opened`
    )
    if (processor > 2 * ordinary || memory > 300) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
