import { readFileSync } from 'node:fs'
import { createMatcher } from '../../src/secrets/scanner/scan.js'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { scanImage } from '../../src/secrets/image.js'
import { programsOn } from '../../src/docker/process-group.js'

// Scans an image from its standard input for a value, as a run does, and prints what it found and how much time of the processor and memory it took.
const [value = ''] = process.argv.slice(2)
const matcher = createMatcher({
  secrets: [{ name: 'VALUE', value }],
  canary: createCanary(),
  key: Buffer.from('key')
})
const before = process.cpuUsage()
const { findings, unopened, unlisted } = await scanImage(
  process.stdin,
  matcher,
  undefined,
  programsOn(process.env)
)
const found = findings.flatMap((finding) => ('secret' in finding ? [finding.location?.file] : []))
const { user, system } = process.cpuUsage(before)
// Those of the programs that it started, in hundredths of a second.
const ofPrograms = readFileSync('/proc/self/stat', 'utf8')
  .replace(/^.*\) /s, '')
  .split(' ')
  .slice(13, 15)
  .map(Number)
const processor = (user + system) / 1e6 + ofPrograms.reduce((sum, ticks) => sum + ticks, 0) / 100
// That of process.resourceUsage has the memory of the process that started this one.
const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
const memory = Number(peak) * 1024
console.log(JSON.stringify({ found, unopened: unopened.names, unlisted, processor, memory }))
