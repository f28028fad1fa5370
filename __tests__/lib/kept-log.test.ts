import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { keptLog, NOTHING_HIDDEN, shownLines } from '../../src/lib/kept-log.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('a log without end', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  test('takes two files of bounded size, and the last of it is there', () => {
    const file = path.join(folder, 'application.log')
    const stream = keptLog(file, fail, NOTHING_HIDDEN, 1000).stream()
    for (let line = 0; line < 1000; line++) stream.push(Buffer.from(`line ${line}\n`))
    expect(readdirSync(folder)).toEqual(['application.log', 'application.log.1'])
    const [now, before] = [readFileSync(file, 'utf8'), readFileSync(`${file}.1`, 'utf8')]
    expect(now.length + before.length).toBeLessThan(2100)
    expect(`${before}${now}`).toMatch(/^line (\d+)\n[^]*line 998\nline 999\n$/)
    // Another part of the run goes on where this one was.
    keptLog(file, fail, NOTHING_HIDDEN, 1000).stream().push(Buffer.from('more\n'))
    expect(readFileSync(file, 'utf8')).toBe(`${now}more\n`)
  })

  test('reports a full disk once, and continues', () => {
    const told: string[] = []
    // Every write to it fails with ENOSPC.
    const stream = keptLog('/dev/full', (line) => told.push(line), NOTHING_HIDDEN).stream()
    stream.push(Buffer.from('a\n'))
    stream.push(Buffer.from('b\n'))
    expect(told).toEqual([expect.stringMatching(/^full is not complete: .*ENOSPC/)])
  })

  test('is shown as far as people read, and then where the rest is', () => {
    const seen: string[] = []
    const log = {
      untrusted: (line: string) => seen.push(line),
      info: (line: string) => seen.push(`:${line}`)
    }
    const show = shownLines(log, 'application.log', 25)
    for (let line = 0; line < 100; line++) show(`line ${line}`)
    expect(seen).toEqual([
      ...['line 0', 'line 1', 'line 2', 'line 3'],
      ':What follows is in application.log only, in the folder of the output `logs`.'
    ])
  })

  function fail(line: string): never {
    throw new Error(line)
  }
})
