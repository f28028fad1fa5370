import { describe, expect, test } from '@jest/globals'
import { NOTHING_HIDDEN } from '../../src/lib/kept-log.js'
import { LineSplitter, LineTail, LONGEST_LINE, WholeLines } from '../../src/lib/lines.js'
import { seeded } from '../support/seeded.js'

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return lines
}

describe('LineSplitter', () => {
  test('joins what the chunks tore apart', () => {
    expect(split('a', 'b\nc', '\r\n', '\nd')).toEqual(['ab', 'c', '', 'd'])
  })

  test('keeps a character that lies across two chunks', () => {
    const bytes = Buffer.from('é\n')
    expect(split(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['é'])
  })

  test('replaces bytes that are not UTF-8', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x0a]))).toEqual(['a\uFFFD'])
  })

  test('cuts a line without end, and holds no more of it than it shows', () => {
    const chunk = 'x'.repeat(1_000_000)
    const [line = ''] = split(chunk, chunk, '\nnext')
    expect(line).toBe(`${'x'.repeat(LONGEST_LINE)} [cut]`)
  })
})

test('WholeLines gives all bytes as they are, and breaks no line of a sane length', () => {
  const random = seeded(46)
  const bytes = Buffer.concat(
    Array.from({ length: 300 }, () =>
      Buffer.concat([random.bytes(random.below(200)), Buffer.from('\n\r\0\u001b[1m\n')])
    )
  )
  const got: Buffer[] = []
  const lines = new WholeLines((part) => got.push(part), NOTHING_HIDDEN)
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(400)
    lines.push(bytes.subarray(at, at + length))
    at += length
  }
  expect(got.every((part) => part.at(-1) === 0x0a)).toBe(true)
  lines.push(Buffer.alloc(100_000, 'x'))
  expect(got.at(-1)).toHaveLength(100_000)
  lines.push(Buffer.from('end'))
  lines.end()
  expect(
    Buffer.concat(got).equals(Buffer.concat([bytes, Buffer.alloc(100_000, 'x'), Buffer.from('end')]))
  ).toBe(true)
})

test('LineTail keeps the last lines', () => {
  const tail = new LineTail(2)
  for (const line of ['1', '2', '3']) tail.push(line)
  expect(tail.text()).toBe('2\n3')
})
