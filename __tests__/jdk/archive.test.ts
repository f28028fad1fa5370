import { beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { checkArchive } from '../../src/jdk/archive.js'
import { JDK_ENTRIES, writeTar, type TarEntry } from '../support/tar.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { thinned } from '../support/thinned.js'

describe('the archive of a JDK', () => {
  let folder: string
  let file: string
  let thin: string
  temporaryFolder((created) => (folder = created))
  beforeEach(() => {
    file = path.join(folder, 'jdk.tar.gz')
    thin = path.join(folder, 'thin.tar.gz')
  })

  test('is accepted with one top folder, links in it, and the setuid bit of lib/criu', async () => {
    await writeTar(file, JDK_ENTRIES)
    await expect(thinned(file, thin)).resolves.toBeUndefined()
    expect(listing(thin)).toEqual(listing(file))
    await expect(checkArchive(createReadStream(file), 'jdk.tar.gz')).resolves.toBeUndefined()
  })

  test('loses what only developers need, and nothing else', async () => {
    const kept = [
      { name: 'jdk-21/release', content: 'JAVA_VERSION="21.0.9"' },
      { name: 'jdk-21/lib/jmods', content: 'x' },
      { name: 'jdk-21/lib/demo/x', content: 'x' },
      { name: `jdk-21/legal/${'long/'.repeat(30)}LICENSE`, content: 'x' },
      { name: 'jdk-21/bin/javac', type: 'link' as const, linkname: 'jdk-21/bin/java' }
    ]
    const left = [
      'jmods/java.base.jmod',
      'src.zip',
      'lib/src.zip',
      'demo/x',
      'sample/x',
      'man/ja',
      'include/jni.h'
    ]
    const lost = left.map((name) => ({ name: `jdk-21/${name}`, content: 'x' }))
    await writeTar(file, [...JDK_ENTRIES, { name: './jdk-21/jmods/', type: 'directory' }, ...lost, ...kept])
    await expect(thinned(file, thin)).resolves.toBe('JAVA_VERSION="21.0.9"')
    await writeTar(file, [...JDK_ENTRIES, ...kept])
    expect(listing(thin)).toEqual(listing(file))
  })

  test('is refused with a link to what is left out', async () => {
    const link: TarEntry = { name: 'jdk-21/lib/x', type: 'link', linkname: 'jdk-21/jmods/x' }
    await writeTar(file, [...JDK_ENTRIES, { name: 'jdk-21/jmods/x', content: 'x' }, link])
    await expect(thinned(file, thin)).rejects.toThrow('is a link to jdk-21/jmods/x, which is left out')
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
    await expect(thinned(file, thin)).rejects.toMatchObject({
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
    await expect(thinned(file, thin)).rejects.toThrow(why)
  })

  test('refuses an archive above the limits of entries and bytes', async () => {
    await writeTar(file, JDK_ENTRIES)
    await expect(thinned(file, thin, { entries: 3, size: 100 })).rejects.toThrow('more than 3 entries')
    await expect(thinned(file, thin, { entries: 9, size: 5 })).rejects.toThrow('more than 5 bytes')
  })

  test.each([
    ['text', 'Not Found'],
    ['nothing', '']
  ])('refuses a file that holds %s', async (_, content) => {
    await writeFile(file, content)
    await expect(thinned(file, thin)).rejects.toThrow(/it is (not a \.tar\.gz|empty)/)
  })

  test('refuses a truncated archive', async () => {
    await writeTar(file, [
      ...JDK_ENTRIES,
      { name: 'jdk-21/big', content: String(Math.random()).repeat(10_000) }
    ])
    await truncate(file, 400)
    await expect(thinned(file, thin)).rejects.toThrow('it is not a .tar.gz')
  })
})

/** Modes, owners, sizes and names in an archive; the times of these archives are those of the test. */
function listing(file: string): string[] {
  const lines = execFileSync('tar', ['-tvzf', file, '--numeric-owner'], { encoding: 'utf8' }).split('\n')
  return lines.map((line) => line.replace(/ \d{4}-\d\d-\d\d \d\d:\d\d /, ' '))
}
