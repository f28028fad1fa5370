import { readFileSync } from 'node:fs'
import { createMatcher } from '../../src/secrets/scanner/scan.js'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { scanImage } from '../../src/secrets/image.js'
import { programsOn } from '../../src/docker/process-group.js'

// Scans an image from its standard input for a value, as a run does, and prints what it found and how much memory it took.
const [value = ''] = process.argv.slice(2)
const matcher = createMatcher({
  secrets: [{ name: 'VALUE', value }],
  canary: createCanary(),
  key: Buffer.from('key')
})
const { findings, unopened, unlisted } = await scanImage(
  process.stdin,
  matcher,
  undefined,
  programsOn(process.env)
)
const found = findings.flatMap((finding) => ('secret' in finding ? [finding.location?.file] : []))
// That of process.resourceUsage has the memory of the process that started this one.
const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
const memory = Number(peak) * 1024
console.log(JSON.stringify({ found, unopened: unopened.names, unlisted, memory }))
