import { expect, test } from '@jest/globals'
import { mappedPages, parseRollup } from '../../bench/resident-memory.js'

test('the sums of a process are read from its smaps_rollup, in bytes', () => {
  const text = [
    '55d0c0a00000-7ffd5a7f9000 ---p 00000000 00:00 0                          [rollup]',
    'Rss:               20000 kB',
    'Pss:                9000 kB',
    'Pss_Dirty:          3000 kB',
    'Pss_Anon:           3000 kB',
    'Pss_File:           6000 kB',
    'Shared_Clean:      12000 kB',
    'Private_Clean:      5000 kB',
    'Private_Dirty:      3000 kB',
    ''
  ].join('\n')
  expect(parseRollup(text)).toEqual({ all: 9000 * 1024, private: 8000 * 1024, anonymous: 3000 * 1024 })
  expect(() => parseRollup('Rss: 1 kB')).toThrow('no Pss in Rss')
})

test('only mappings of files of pages count as mapped from the snapshot', () => {
  const maps = [
    '80000000-80003000 rw-p 00001000 fe:00 77   /opt/crac-checkpoint/snapshot/pages-1.img',
    '80003000-80004000 rw-p 00000000 00:00 0 ',
    '90000000-90001000 rw-p 00009000 fe:00 77   /opt/crac-checkpoint/snapshot/pages-1.img',
    '7f0000000000-7f0000100000 r-xp 00000000 fe:00 78   /opt/jdk/lib/server/libjvm.so',
    ''
  ]
  expect(mappedPages(maps.join('\n'))).toBe(4 * 4096)
  expect(mappedPages('')).toBe(0)
})
