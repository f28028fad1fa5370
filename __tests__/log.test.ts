import { describe, expect, test } from '@jest/globals'
import { createLog } from '../src/log.js'

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
  test('fences foreign lines with a token that they cannot know, and closes the fence before its own lines', async () => {
    const { lines, log } = recorded()
    await log.group('Work', () => {
      log.foreign('::set-output name=digest::evil')
      log.foreign('second')
      log.info('ours')
      log.foreign('third')
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

  test('after its end no foreign line opens a fence in which a command of ours would be lost', () => {
    const { lines, log } = recorded()
    log.foreign('said in time')
    log.end()
    log.foreign('said too late')
    expect(lines.filter((line) => line.startsWith('said'))).toEqual(['said in time'])
    expect(lines.at(-1)).toMatch(/^::[0-9a-f-]{36}::$/)
  })

  test('closes the fence and the group when the work fails', async () => {
    const { lines, log } = recorded()
    const work = log.group('Work', () => {
      log.foreign('x')
      return Promise.reject(new Error('no'))
    })
    await expect(work).rejects.toThrow('no')
    expect(lines.at(-1)).toBe('::endgroup::')
    expect(lines.at(-2)).toMatch(/^::[0-9a-f-]{36}::$/)
  })
})
