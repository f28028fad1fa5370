import { describe, expect, test } from '@jest/globals'
import { LineSplitter, LineTail, LONGEST_LINE } from '../../src/engine/lines.js'

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

test('LineTail keeps the last lines', () => {
  const tail = new LineTail(2)
  for (const line of ['1', '2', '3']) tail.push(line)
  expect(tail.text()).toBe('2\n3')
})
