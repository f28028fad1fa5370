import { describe, expect, test } from '@jest/globals'
import type { ImageFiles } from '../../src/docker/image-files.js'
import { ofImage, checkContract } from '../../src/image/contract.js'
import { lackIn } from '../../src/image/ground.js'
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
    'has musl (Alpine), and'
  ],
  ['no shell', { '/lib64/ld-linux-x86-64.so.2': '' }, 'has no shell (unknown), as distroless images'],
  [
    'neither CRIU nor apt-get',
    { '/lib64/ld-linux-x86-64.so.2': '', '/bin/sh': '' },
    'has no CRIU (unknown), and no apt-get'
  ]
])('an image with %s gives its application to the base image', async (_, files, lack) => {
  expect(await lackIn(filesOf(files), false)).toContain(lack)
})

test.each([
  ['a Debian with packages for musl', { '/lib/ld-musl-x86_64.so.1': '', '/usr/bin/apt-get': '' }, false],
  ['an image with CRIU', { '/usr/local/sbin/criu': '' }, false],
  ['an image that gets CRIU from another one', {}, true]
])('%s keeps its layers', async (_, files, hasCriuImage) => {
  const all = filesOf({ '/lib64/ld-linux-x86-64.so.2': '', '/bin/sh': '', ...files })
  expect(await lackIn(all, hasCriuImage)).toBeUndefined()
})

test.each([
  [['-Da=b', '-jar', '/deployments/quarkus-run.jar'], ['-Dquarkus.package.jar.crac.enabled=true']],
  [['-Dquarkus.package.jar.crac.enabled=false', '-jar', 'quarkus-run.jar'], []],
  [['-jar', 'a.jar', 'quarkus-run.jar'], []],
  [['-cp', 'quarkus-run.jar', 'Main'], []]
])('java %j gets the support of Quarkus for CRaC: %j', (words, added) => {
  const { application } = checkContract({}, ['java', ...words], ofImage('a:1'))
  expect(application.command).toEqual([...added, ...words])
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
