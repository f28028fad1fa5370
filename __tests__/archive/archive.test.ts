import { expect, test } from '@jest/globals'
import { archiveOption, ownArchiveOption, strictOption } from '../../src/archive/archive.js'

test('each kind of archive has its options of the JVM', () => {
  expect(archiveOption('cds', '/a/classes.cds')).toBe('-XX:SharedArchiveFile=/a/classes.cds')
  expect(archiveOption('aot', '/a/classes.aot')).toBe('-XX:AOTCache=/a/classes.aot')
  expect(strictOption('cds')).toBe('-Xshare:on')
  expect(strictOption('aot')).toBe('-XX:AOTMode=on')
})

test.each([
  '-Xshare:off',
  '-XX:SharedArchiveFile=/own.jsa',
  '-XX:AOTMode=off',
  '-XX:+AutoCreateSharedArchive'
])('%s is an archive of the user, or none', (option) => {
  expect(ownArchiveOption(['-Xmx1g', option])).toBe(option)
})

test('other options contradict no archive', () => {
  expect(ownArchiveOption(['-Xmx1g', '-XX:+UseSerialGC', '-Dshare=-Xshare:off'])).toBeUndefined()
})
