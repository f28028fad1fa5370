// Measures false alarms: scans the jars of the most used libraries for tokens by their form.
// `node scripts/with-modules.mjs scripts/scan-corpus.ts [FOLDER]`; the folder keeps the jars. Needs Maven, and is not part of npm test.
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { programsOn } from '../src/docker/process-group.js'
import { contentsOf } from '../src/secrets/archives/contents.js'
import { createOpener } from '../src/secrets/archives/opener.js'
import { foundSecrets, locationsOf } from '../src/secrets/report.js'
import { scanFiles, type NamedContent } from '../src/secrets/scan-files.js'
import { createCanary } from '../src/secrets/scanner/canary.js'
import { newFindings } from '../src/secrets/scanner/findings.js'
import { createMatcher } from '../src/secrets/scanner/scan.js'
import { DEFAULT_FOLDER, libraryJars } from './corpus/jars.js'

const jars = await libraryJars(process.argv[2] ?? DEFAULT_FOLDER)

const opener = createOpener(programsOn(process.env))

/** Returns the jars with their files, as layers contain them. */
async function* below(): AsyncGenerator<NamedContent> {
  for (const jar of jars) {
    opener.allow(1e9)
    yield* contentsOf({ name: path.basename(jar), bytes: createReadStream(jar) }, opener)
  }
}

/** Returns what is in the jars, as the memory of an application that has loaded everything contains it. */
async function* memory(): AsyncGenerator<NamedContent> {
  for await (const { bytes } of below()) yield { name: 'memory', bytes: asLoaded(bytes) }
}

/** Returns a text with other line breaks, in UTF-16, such as a char[] that was read from a file. */
async function* asLoaded(bytes: NamedContent['bytes']): AsyncGenerator<Buffer> {
  for await (const piece of bytes)
    yield Buffer.from(
      Buffer.from(piece)
        .toString('latin1')
        .replace(/\r?\n|\\r\\n|\\n/g, '\r\n'),
      'utf16le'
    )
}

const matcher = createMatcher({ secrets: [], canary: createCanary(), key: randomBytes(32) })
const inJars = await scanFiles(below(), matcher)
const inMemory = await scanFiles(memory(), matcher)
console.log(`${jars.length} jars, ${(inJars.bytes / 1e6).toFixed(0)} MB unpacked.`)
console.log(`Not opened: ${opener.unopened.count}`, opener.unopened.names)

const tokens = foundSecrets(inJars.findings)
console.log(
  `\n${tokens.length} tokens in the jars, which do not count as new:\n${locationsOf(tokens).join('\n')}`
)
const news = foundSecrets(newFindings(inMemory.findings, inJars.findings))
console.log(`\n${news.length} false alarms: tokens that are new in the memory.`)
if (news.length > 0) {
  console.log(locationsOf(news).join('\n'))
  process.exitCode = 1
}
