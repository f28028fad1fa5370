import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLog } from '../../src/lib/log.js'
import { commandsOf, holds, hostileText } from '../support/hostile.js'

function recorded(): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = []
  const log = createLog({
    info: (line) => lines.push(line),
    warning: (line) => lines.push(`::warning::${line}`),
    startGroup: (title) => lines.push(`::group::${title}`),
    endGroup: () => lines.push('::endgroup::')
  })
  return { lines, log }
}

describe('the log', () => {
  test('fences untrusted lines with a token that they cannot know, and closes the fence before its own lines', async () => {
    const { lines, log } = recorded()
    await log.group('Work', () => {
      log.untrusted('::set-output name=digest::evil')
      log.untrusted('second')
      log.info('ours')
      log.untrusted('third')
      return Promise.resolve()
    })
    const tokens = lines.filter((line) => line.startsWith('::stop-commands::')).map((line) => line.slice(17))
    expect(tokens).toHaveLength(2)
    expect(tokens[0]).not.toBe(tokens[1])
    expect(lines).toEqual([
      '::group::Work',
      `::stop-commands::${tokens[0]}`,
      '::set-output name=digest::evil',
      'second',
      `::${tokens[0]}::`,
      'ours',
      `::stop-commands::${tokens[1]}`,
      'third',
      `::${tokens[1]}::`,
      '::endgroup::'
    ])
  })

  test('after its end no untrusted line opens a fence in which a command of ours would be lost', () => {
    const { lines, log } = recorded()
    log.untrusted('said in time')
    log.end()
    log.untrusted('said too late')
    expect(lines.filter((line) => line.startsWith('said'))).toEqual(['said in time'])
    expect(lines.at(-1)).toMatch(/^::[0-9a-f-]{36}::$/)
  })

  test('closes the fence and the group when the work fails', async () => {
    const { lines, log } = recorded()
    const work = log.group('Work', () => {
      log.untrusted('x')
      return Promise.reject(new Error('no'))
    })
    await expect(work).rejects.toThrow('no')
    expect(lines.at(-1)).toBe('::endgroup::')
    expect(lines.at(-2)).toMatch(/^::[0-9a-f-]{36}::$/)
  })

  test('whatever is written, the runner finds the commands that are ours, and no other', async () => {
    const call = fc.record({ as: fc.constantFrom('untrusted', 'info', 'warning'), text: hostileText })
    await holds(
      3000,
      fc.property(fc.array(call, { maxLength: 6 }), (calls) => {
        const found = commandsOf((log) => {
          for (const { as, text } of calls) log[as](text)
        })
        expect(found).toEqual(calls.filter(({ as }) => as === 'warning').map(() => 'warning'))
      })
    )
  })

  test('what others wrote in our own lines stays readable, on one line, and acts neither', () => {
    const { lines, log } = recorded()
    log.info('The registry says: a\nb\u001b[31m \0')
    expect(lines).toEqual(['The registry says: a b '])
    log.info('::add-mask::a')
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^::stop-commands::/),
      '::add-mask::a',
      expect.any(String)
    ])
  })

  test('an eleventh warning would be shown to nobody: it is a line, and the tenth says so', () => {
    const { lines, log } = recorded()
    for (let count = 1; count <= 12; count++) log.warning(`number ${count}`)
    expect(lines.filter((line) => line.startsWith('::warning::'))).toHaveLength(10)
    expect(lines[9]).toBe('::warning::number 10 (Further warnings are in the log of this step only.)')
    expect(lines.slice(10)).toEqual(['Warning: number 11', 'Warning: number 12'])
  })

  test('a warning of a megabyte is cut with a note', () => {
    const { lines, log } = recorded()
    log.warning(`begin${'x'.repeat(1_000_000)}end`)
    expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThan(64 * 1024)
    expect(lines[0]).toMatch(
      /^::warning::beginx+\n\[\d+ bytes are left out here; the logs have them\]\nx+end$/
    )
  })
})
