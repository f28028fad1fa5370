import { beforeEach, describe, expect, test } from '@jest/globals'
import { truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { checkArchive } from '../../src/jdk/archive.js'
import { JDK_ENTRIES, writeTar, type TarEntry } from '../support/tar.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('checkArchive', () => {
  let folder: string
  let file: string
  temporaryFolder((created) => (folder = created))
  beforeEach(() => {
    file = path.join(folder, 'jdk.tar.gz')
  })

  test('accepts one top folder, links in it, and the setuid bit of lib/criu', async () => {
    await writeTar(file, JDK_ENTRIES)
    await expect(checkArchive(file)).resolves.toBeUndefined()
  })

  test.each<[string, TarEntry]>([
    ['jdk-21/../../x is outside', { name: 'jdk-21/../../x' }],
    ['/etc/passwd is outside', { name: '/etc/passwd' }],
    ['other/x is outside', { name: 'other/x' }],
    ['links to /etc/passwd', { name: 'jdk-21/x', type: 'symlink', linkname: '/etc/passwd' }],
    ['links to ../../x', { name: 'jdk-21/lib/x', type: 'symlink', linkname: '../../x' }],
    ['links to /etc/shadow', { name: 'jdk-21/x', type: 'link', linkname: '/etc/shadow' }],
    ['is a character-device', { name: 'jdk-21/null', type: 'character-device' }],
    ['is a fifo', { name: 'jdk-21/pipe', type: 'fifo' }],
    ['has a setuid bit', { name: 'jdk-21/bin/sudo', mode: 0o4755 }]
  ])('refuses an entry that %s', async (why, entry) => {
    await writeTar(file, [...JDK_ENTRIES, entry])
    await expect(checkArchive(file)).rejects.toMatchObject({
      category: 'jdk',
      message: expect.stringContaining(why)
    })
  })

  const link = (name: string, linkname: string): TarEntry => ({ name, type: 'symlink', linkname })

  test.each<[string, TarEntry[]]>([
    [
      'has `..` after a folder',
      [link('jdk-21/d/e', '..'), link('jdk-21/f', 'd/e/..'), link('jdk-21/g', 'f/..')]
    ],
    ['has `..` after a folder', [link('jdk-21/f', 'd/e/..'), link('jdk-21/d/e', '..')]],
    ['has `..` after a folder', [link('jdk-21/d/e', '..'), { name: 'jdk-21/d/e/../x' }]],
    ['is below the link jdk-21/d/e', [link('jdk-21/d/e', '..'), { name: 'jdk-21/d/e/x' }]],
    ['is below the link jdk-21/d/e', [link('jdk-21/d/e', '..'), link('jdk-21/d/./e/f/g', '../x')]],
    ['is a link and a folder', [{ name: 'jdk-21/d/e/x' }, link('jdk-21/d/e', '..')]]
  ])('refuses a path that leads through a link: %s', async (why, entries) => {
    await writeTar(file, [...JDK_ENTRIES, ...entries])
    await expect(checkArchive(file)).rejects.toThrow(why)
  })

  test('refuses an archive above the limits of entries and bytes', async () => {
    await writeTar(file, JDK_ENTRIES)
    await expect(checkArchive(file, { entries: 3, size: 100 })).rejects.toThrow('more than 3 entries')
    await expect(checkArchive(file, { entries: 9, size: 5 })).rejects.toThrow('more than 5 bytes')
  })

  test.each([
    ['text', 'Not Found'],
    ['nothing', '']
  ])('refuses a file that holds %s', async (_, content) => {
    await writeFile(file, content)
    await expect(checkArchive(file)).rejects.toThrow(/it is (not a \.tar\.gz|empty)/)
  })

  test('refuses a truncated archive', async () => {
    await writeTar(file, [
      ...JDK_ENTRIES,
      { name: 'jdk-21/big', content: String(Math.random()).repeat(10_000) }
    ])
    await truncate(file, 400)
    await expect(checkArchive(file)).rejects.toThrow('it is not a .tar.gz')
  })
})
