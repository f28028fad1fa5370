import { describe, expect, test } from '@jest/globals'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { keptLog, writeLog } from '../../src/lib/kept-log.js'
import { hidingOf } from '../../src/secrets/hiding.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const PASSWORD = 'tr0ub4dor&3-and-more'
const KEY = `-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
-----END PRIVATE KEY-----`

describe('known secrets in the logs', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  const hiding = hidingOf([
    { name: 'env DB_PASSWORD', value: PASSWORD },
    { name: 'secret-values line 1', value: KEY },
    { name: 'env PIN', value: '1234' }
  ])
  function fail(line: string): never {
    throw new Error(line)
  }
  /** Returns what a log has of a text that comes in pieces. */
  function kept(pieces: readonly (string | Buffer)[]): string {
    const file = path.join(folder, 'application.log')
    const stream = keptLog(file, fail, hiding).stream()
    for (const piece of pieces) stream.push(Buffer.from(piece))
    stream.end()
    return readFileSync(file, 'latin1')
  }

  test('are replaced, and nothing else is', () => {
    expect(kept([`login with ${PASSWORD}!\nport 1234\n${PASSWORD}${PASSWORD}`])).toBe(
      'login with ***!\nport 1234\n******'
    )
  })

  test.each([1, 2, 3, 7, 4096])('are replaced where a value is split over pieces of %d bytes', (size) => {
    const text = Buffer.from(`a ${PASSWORD} b\nc ${PASSWORD}`)
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.subarray(index * size, (index + 1) * size)
    )
    expect(kept(pieces)).toBe('a *** b\nc ***')
  })

  test('are replaced wherever they are in a line that is too long to wait for its end', () => {
    const [before, after] = ['x'.repeat(65_536 + hiding.longest + 800), 'y'.repeat(5000)]
    // The pieces of 777 bytes end at each place of the secret.
    for (let shift = 0; shift < 800; shift += 15) {
      const file = path.join(folder, `${shift}.log`)
      const stream = keptLog(file, fail, hiding).stream()
      const text = Buffer.from(`${before.slice(shift)}${PASSWORD}${after}`)
      for (let at = 0; at < text.length; at += 777) stream.push(text.subarray(at, at + 777))
      stream.end()
      expect(readFileSync(file, 'latin1') === `${before.slice(shift)}***${after}`).toBe(true)
    }
  })

  test('are replaced line by line where a value has several lines', () => {
    expect(kept(KEY.split(/(?<=\n)/).map((line) => `| ${line}`))).toBe('| ***\n| ***\n| ***\n| ***')
  })

  test('are replaced in the encodings that the image is searched for', () => {
    const base64 = Buffer.from(`app:${PASSWORD}`).toString('base64')
    const log = kept([`Authorization: Basic ${base64}\n${encodeURIComponent(PASSWORD)}\n`])
    expect(log).toMatch(/^Authorization: Basic [\w+/]{0,6}\*\*\*[\w+/=]{0,4}\n\*\*\*\n$/)
  })

  test('are replaced in other spellings, and in base64 with escaped line breaks', () => {
    expect(kept(['a tr0ub4dor&#38;3-and-more b\n', 'tr0ub4dor & 3\n'])).toBe('a *** b\ntr0ub4dor & 3\n')
    const lines = Buffer.from(`${'x'.repeat(30)}${PASSWORD}${'y'.repeat(30)}`)
      .toString('base64')
      .replace(/.{64}/g, '$&\\n')
    expect(lines).toContain('\\n')
    expect(kept([`key: ${lines}\n`])).toMatch(/^key: (?:eHh4)+\*\*\*[\w+/=]*$/m)
  })

  test('are replaced in files that are written at once; only this user can read these and the logs', async () => {
    const file = path.join(folder, 'threads.txt')
    await writeLog(file, `"main" ${PASSWORD}\n`, hiding)
    expect(readFileSync(file, 'utf8')).toBe('"main" ***\n')
    kept(['x\n'])
    for (const name of ['threads.txt', 'application.log'])
      expect((statSync(path.join(folder, name)).mode & 0o777).toString(8)).toBe('600')
  })
})
