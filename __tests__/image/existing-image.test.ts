import { describe, expect, test } from '@jest/globals'
import type { ImageFiles } from '../../src/docker/image-files.js'
import { ofImage, checkContract } from '../../src/image/contract.js'
import { checkGround } from '../../src/image/ground.js'
import { findJava, versionFor } from '../../src/image/java-of-image.js'
import { digestOf } from '../../src/runner/base-image.js'

/** Files of an image: path → text, or the path that a link leads to. */
function filesOf(given: Record<string, string | { link: string }>): ImageFiles {
  const resolve = (file: string): string | undefined => {
    const found = given[file]
    return typeof found === 'object' ? resolve(found.link) : found === undefined ? undefined : file
  }
  return {
    resolve: (file) => Promise.resolve(resolve(file)),
    has: (file) => Promise.resolve(resolve(file) !== undefined),
    text: (file) => Promise.resolve(given[resolve(file) ?? ''] as string | undefined)
  }
}

describe('the Java of an image', () => {
  const TEMURIN = {
    '/usr/bin/java': { link: '/etc/alternatives/java' },
    '/etc/alternatives/java': { link: '/usr/lib/jvm/jdk-21/bin/java' },
    '/usr/lib/jvm/jdk-21/bin/java': '',
    '/usr/lib/jvm/jdk-21/release': 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="21.0.5"\n',
    '/usr/lib/jvm/jdk-21/lib/security/cacerts': { link: '/etc/ssl/certs/java/cacerts' },
    '/etc/ssl/certs/java/cacerts': 'certificates'
  }

  test('is found behind the links of PATH, with its certificates', async () => {
    expect(await findJava(filesOf(TEMURIN), { PATH: '/bin:/usr/bin' }, ['java'])).toEqual({
      home: '/usr/lib/jvm/jdk-21',
      version: 21,
      name: 'Eclipse Adoptium 21.0.5',
      trustStore: '/usr/lib/jvm/jdk-21/lib/security/cacerts'
    })
  })

  test('that the command names comes before that of PATH, and JAVA_HOME comes last', async () => {
    const own = { '/jre/bin/java': '', '/jre/release': 'JAVA_VERSION="17.0.9"' }
    const files = filesOf({ ...TEMURIN, ...own })
    expect((await findJava(files, { PATH: '/usr/bin' }, ['/jre/bin/java']))?.version).toBe(17)
    expect((await findJava(files, { PATH: '/bin', JAVA_HOME: '/jre' }, ['java']))?.version).toBe(17)
    expect(await findJava(files, { PATH: '/bin' }, ['java'])).toBeUndefined()
  })

  test('8 has its runtime in a folder of the JDK', async () => {
    const files = filesOf({ '/jdk/jre/bin/java': '', '/jdk/release': 'JAVA_VERSION="1.8.0_422"' })
    expect(await findJava(files, { PATH: '/jdk/jre/bin' }, ['java'])).toMatchObject({
      version: 8,
      home: '/jdk'
    })
  })

  test('is replaced by one of its major version, or by a newer one that is requested', () => {
    const lines: string[] = []
    const versionOf = (request: Parameters<typeof versionFor>[1]) =>
      versionFor({ version: 21 }, request, (line) => lines.push(line))
    expect(versionOf({ kind: 'latest' })).toEqual({ kind: 'major', major: 21 })
    expect(versionOf({ kind: 'exact', version: '21.0.12' })).toEqual({ kind: 'exact', version: '21.0.12' })
    expect(lines).toEqual([])
    expect(versionOf({ kind: 'major', major: 25 })).toEqual({ kind: 'major', major: 25 })
    expect(lines).toEqual(['The image has Java 21; `java-version: 25` replaces it by a newer one.'])
    expect(() => versionOf({ kind: 'exact', version: '17-crac+5' })).toThrow(
      '`java-version` is 17-crac+5, and the image has Java 21.'
    )
  })
})

test.each([
  [
    'musl',
    { '/lib/ld-musl-x86_64.so.1': '', '/bin/sh': '', '/etc/os-release': 'PRETTY_NAME="Alpine"' },
    'has musl (Alpine)'
  ],
  ['no shell', { '/lib64/ld-linux-x86-64.so.2': '' }, 'has no shell (unknown), as distroless images']
])('an image with %s is refused', async (_, files, message) => {
  await expect(checkGround(filesOf(files), ofImage('a:1'))).rejects.toThrow(`The image a:1 ${message}`)
})

test('a Debian with packages for musl is accepted', async () => {
  const files = { '/lib/ld-musl-x86_64.so.1': '', '/lib64/ld-linux-x86-64.so.2': '', '/bin/sh': '' }
  await expect(checkGround(filesOf(files), ofImage('a:1'))).resolves.toBeUndefined()
})

test('a start that is not understood names `command`', () => {
  const check = (...words: string[]) => checkContract({}, words, ofImage('acme/hello:1'))
  for (const words of [[], ['/start.sh'], ['sh', '-c', 'a | b']])
    expect(() => check(...words)).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('Set `command`') })
    )
})

test.each([
  ['ghcr.io/acme/hello:1', 'sha256:b'],
  ['ghcr.io/acme/hello@sha256:b', 'sha256:b'],
  ['localhost:5000/hello', 'sha256:a']
])('the digest of %s is %s', (reference, digest) => {
  expect(digestOf(reference, ['localhost:5000/hello@sha256:a', 'ghcr.io/acme/hello@sha256:b'])).toBe(digest)
  expect(digestOf(reference, [])).toBeUndefined()
})
