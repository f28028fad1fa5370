import { expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { difference, ownTransfers, parseIo } from '../../bench/io.js'

test('bytes of a process are read from its file io', () => {
  const text =
    'rchar: 12\nwchar: 345\nsyscr: 1\nsyscw: 2\nread_bytes: 0\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n'
  expect(parseIo(text)).toEqual({ read: 12, written: 345 })
})

test('those of a child count once it has ended', () => {
  const before = ownTransfers()
  execFileSync('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1M', 'count=5'], { stdio: 'ignore' })
  const { read, written } = difference(before, ownTransfers())
  expect(read).toBeGreaterThan(5 * 1024 * 1024)
  expect(written).toBeGreaterThanOrEqual(5 * 1024 * 1024)
})
