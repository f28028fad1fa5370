import { expect, jest, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { FAMILIES } from '../../src/secrets/scanner/families.js'
import type { Family } from '../../src/secrets/scanner/family.js'
import { createMatcher, scan } from '../../src/secrets/scanner/scan.js'
import { ROOT } from '../support/inputs.js'
import { hostileLines, stepsOf } from '../support/regex-steps.js'
import { seeded } from '../support/seeded.js'

jest.setTimeout(120_000)

const canary = createCanary(seeded(7).bytes)

/** Bytes that a scan reads at once; memory for the usual number would be allocated thousands of times. */
const WINDOW = 16 * 1024

/**
 * Returns a function that counts the steps that the patterns of families take while a text is scanned, in Latin-1 or in UTF-16, up to
 * a limit.
 */
function stepCounter(
  families: readonly Family[]
): (text: string, charset: BufferEncoding, limit: number) => Promise<number> {
  let steps = 0
  let most = 0
  const counting = families.map((family): Family => {
    const exec = (part: string): RegExpExecArray | null => {
      if (steps <= most) steps += stepsOf(family.pattern, part, most)
      return family.pattern.exec(part)
    }
    return { ...family, pattern: { exec } as RegExp }
  })
  const matcher = createMatcher({ secrets: [], canary, key: Buffer.from('key'), families: counting })
  return async (text, charset, limit) => {
    steps = 0
    most = limit
    await scan([Buffer.from(text, charset)], matcher, WINDOW)
    return steps
  }
}

/** Lines of applications, of their builds and of CRIU. */
const samples = JSON.parse(
  readFileSync(path.join(ROOT, '__tests__/diagnosis/samples.json'), 'utf8')
) as Record<string, string | string[]>
const LINES = [
  ...Object.values(samples).flat(),
  '12:01:03.204 [main] INFO  com.acme.orders.OrderService - order 4711 of customer c0ffee-42 took 12.5 ms',
  '2026-11-27T09:12:01.204Z  INFO 1 --- [orders] [main] o.s.b.w.embedded.tomcat.TomcatWebServer  : Tomcat started on port 8080 (http)',
  'Caused by: java.sql.SQLException: Connection refused (jdbc:postgresql://db:5432/orders?user=app)',
  '\tat org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1089) ~[spring-webmvc-6.1.4.jar!/:6.1.4]',
  'GET https://orders.example.org/api/v1/orders?page=2&size=50 200 12ms trace=4bf92f3577b34da6a3ce929d0e0e4736',
  '{"@timestamp":"2026-11-27T09:12:01Z","level":"INFO","message":"started","thread":"main","pid":42}',
  'SK8x ghp_ glpat- xoxb- key-value API-GATEWAY pat.example sk-ant eyJ AKIA AIza npm_config_cache'
]

/** Maximum number of steps for each character of a line, of all kinds of tokens together. */
const ORDINARY = 2
/** Maximum number of steps for each character of the longest token of a kind, on a line that is made to be slow. */
const HOSTILE = 40

test('the patterns of tokens take at most two steps for each character of an ordinary line', async () => {
  expect(LINES.length).toBeGreaterThan(50)
  const stepsFor = stepCounter(FAMILIES)
  for (const line of LINES) {
    const limit = ORDINARY * line.length
    for (const charset of ['latin1', 'utf16le'] as const)
      expect([line, (await stepsFor(line, charset, limit)) <= limit]).toEqual([line, true])
  }
})

/** Length of a hostile line, in characters. */
const LENGTH = 12_000

test.each(FAMILIES.map((family): [string, Family] => [family.id, family]))(
  'the steps for an occurrence of a beginning of a token are few for each character that counts as tested: %s',
  (_, family) => {
    const lines = [
      ...family.prefixes.slice(0, 3).flatMap((prefix) =>
        ['', 'A0a1', '.A0a'].map((more) => {
          const one = `${'x'.repeat(family.lead ?? 0)}${prefix}${more}`
          return one.repeat(Math.ceil(LENGTH / one.length)).slice(0, LENGTH)
        })
      ),
      ...hostileLines(family.pattern, LENGTH)
    ]
    for (const line of lines) {
      const at = Math.max(
        0,
        Math.min(...family.prefixes.map((one) => line.indexOf(one)).filter((one) => one >= 0))
      )
      const part = line.slice(at - (family.lead ?? 0)).slice(0, family.longest)
      const limit = HOSTILE * family.longest
      expect([line.slice(0, 60), stepsOf(family.pattern, part, limit) <= limit]).toEqual([
        line.slice(0, 60),
        true
      ])
    }
  }
)

test('beginnings of tokens are tested to a limit; the others are counted, and what follows is searched', async () => {
  let characters = 0
  const families = FAMILIES.map((family): Family => {
    const exec = (part: string): RegExpExecArray | null => {
      characters += part.length
      return family.pattern.exec(part)
    }
    return { ...family, pattern: { exec } as RegExp }
  })
  const secret = { name: 'KEY', value: 'tr0ub4dor&3-and-more' }
  const matcher = createMatcher({ secrets: [secret], canary, key: Buffer.from('key'), families })
  const bytes = Buffer.concat([Buffer.alloc(512 * 1024, 'eyJ'), Buffer.from(secret.value)])
  const { findings, unlisted } = await scan([bytes], matcher)
  expect(characters).toBeLessThan(22_000_000)
  expect(unlisted).toBeGreaterThan(100_000)
  expect(findings).toMatchObject([{ secret: 'KEY', encoding: 'utf-8' }])
})

test('parts of known values are tested to a limit; the others are counted, and what follows is searched', async () => {
  const secret = { name: 'KEY', value: `aB3d${'!#%&*+,:;<>@^|~?'.repeat(24)}` }
  const matcher = createMatcher({ secrets: [secret], canary, key: Buffer.from('key'), families: [] })
  const bytes = Buffer.concat([Buffer.alloc(512 * 1024, 'aB3d!'), Buffer.from(secret.value)])
  const { findings, unconfirmed } = await scan([bytes], matcher)
  expect(unconfirmed).toBeGreaterThan(50_000)
  expect(findings).toMatchObject([{ secret: 'KEY', encoding: 'utf-8' }])
})

test('a word of a known value that is in all texts is not tested', async () => {
  const secret = { name: 'KEY', value: `java&${'!#%&*+,:;<>@^|~?'.repeat(24)}` }
  const matcher = createMatcher({ secrets: [secret], canary, key: Buffer.from('key'), families: [] })
  const bytes = Buffer.concat([Buffer.alloc(4 * 1024 * 1024, 'java/java.'), Buffer.from(secret.value)])
  const { findings, unconfirmed } = await scan([bytes], matcher)
  expect(unconfirmed).toBe(0)
  expect(findings).toMatchObject([{ secret: 'KEY', encoding: 'utf-8' }])
})
