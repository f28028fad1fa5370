import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { chooseAsset, parseVersionRequest, type Architecture, type JdkAsset } from '../../src/jdk/asset.js'
import { cracAssets } from '../../src/jdk/crac.js'
import type { Release } from '../../src/jdk/github.js'
import { knownSha256 } from '../../src/jdk/verify.js'
import { libericaAssets, type LibericaRelease } from '../../src/jdk/liberica.js'
import { zuluAssets, type ZuluPackage } from '../../src/jdk/zulu.js'
import { ROOT } from '../support/inputs.js'

const FIXTURES = path.join(ROOT, '__tests__/fixtures')
function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(FIXTURES, name), 'utf8')) as T
}
const choose = (assets: JdkAsset[], request: string, architecture: Architecture = 'x64'): JdkAsset =>
  chooseAsset(assets, parseVersionRequest(request), 'the-vendor', architecture)

describe('crac: the releases of CRaC/openjdk-builds', () => {
  const releases = fixture<Release[]>('github-releases-list.json')
  const assets = cracAssets(releases)

  test.each([
    ['latest', 'openjdk-24-crac+20_linux-x64.tar.gz'],
    ['17', 'openjdk-17-crac+5_linux-x64.tar.gz'],
    ['17-crac+3', 'openjdk-17-crac+3_linux-x64.tar.gz'],
    // The naming of the first releases.
    ['17-crac+2', 'jdk17-crac+2.tar.gz']
  ])('%s is %s', (request, name) => {
    expect(choose(assets, request).name).toBe(name)
    expect(choose(cracAssets([...releases].reverse()), request).name).toBe(name)
  })

  test.each(['github-release-latest.json', 'github-release-old-naming.json'])(
    '%s has its one JDK, and not the docs',
    (name) => {
      expect(cracAssets([fixture<Release>(name)]).map((asset) => asset.name)).toEqual([
        expect.not.stringContaining('docs')
      ])
    }
  )

  test('has the digest of GitHub, and none where GitHub has none', () => {
    const [asset] = cracAssets([fixture<Release>('github-release-with-digest.json')])
    expect(asset?.sha256).toBe('a23311241b41288054c04580898fc1666a730683b71946d4569025f7a9bc5935')
    expect(choose(assets, 'latest').sha256).toBeUndefined()
  })

  test('an incomplete upload, a draft, and an archive of another release are left out', () => {
    const [first] = releases
    if (!first) throw new Error('the fixture is empty')
    expect(cracAssets([fixture<Release>('github-release-with-digest.json')])).toHaveLength(1)
    expect(cracAssets([{ ...first, draft: true }])).toEqual([])
    expect(cracAssets([{ ...first, tag_name: '25-crac+1' }])).toEqual([])
  })
})

describe('zulu: the packages of Azul', () => {
  test('is selected by name and fields: no musl, jre or other architecture', () => {
    const assets = zuluAssets(fixture<ZuluPackage[]>('azul-packages-crac-include-fields.json'))
    expect(assets.map((asset) => asset.name)).toEqual([
      'zulu21.52.17-ca-crac-jdk21.0.12-linux_x64.tar.gz',
      'zulu21.52.17-ca-crac-jdk21.0.12-linux_aarch64.tar.gz'
    ])
    expect(choose(assets, '21')).toMatchObject({
      version: '21.0.12',
      size: 220_000_000,
      sha256: '51be78d271db9291f862a5bb689c43ee616a7292d58bd1b77bae1699032725e9'
    })
    expect(choose(assets, 'latest', 'aarch64').name).toContain('linux_aarch64')
  })

  test.each(['21.0.12', '21.52.17', '21.0.12+8'])('%s is an exact release', (request) => {
    const assets = zuluAssets(fixture<ZuluPackage[]>('azul-packages-crac-21-linux-glibc-x64.json'))
    expect(choose(assets, request).version).toBe('21.0.12')
  })

  test('latest is the highest version, also with four places', () => {
    const assets = zuluAssets(fixture<ZuluPackage[]>('azul-packages-crac-latest-all-majors.json'))
    expect(choose(assets, 'latest').version).toBe('25.0.4')
    const newer = assets.map((asset) => ({ ...asset, version: '25.0.4.1', order: [25, 0, 4, 1] }))
    expect(choose([...assets, ...newer], 'latest').version).toBe('25.0.4.1')
    expect(choose(assets, '17').version).toBe('17.0.20')
  })

  test('a build without CRaC in its name or details is left out', () => {
    const details = fixture<ZuluPackage>('azul-package-details-17.42.21.json')
    expect(zuluAssets([details])).toHaveLength(1)
    expect(zuluAssets([{ ...details, name: details.name.replace('-crac', '') }])).toEqual([])
    expect(zuluAssets([{ ...details, crac_supported: false }])).toEqual([])
  })

  test('an empty list fails with a fix', () => {
    expect(() => choose(zuluAssets(fixture<ZuluPackage[]>('azul-empty.json')), '21')).toThrow(
      expect.objectContaining({
        category: 'jdk',
        fix: expect.stringContaining('the-vendor has no build for x64')
      })
    )
  })
})

describe('liberica: the releases of BellSoft', () => {
  const assets = libericaAssets(fixture<LibericaRelease[]>('liberica-releases-crac-all.json'))

  test('has versions with a patch, and sha1 only', () => {
    expect(choose(assets, '21')).toMatchObject({
      version: '21.0.12.1+2',
      sha256: undefined,
      sha1: expect.stringMatching(/^[0-9a-f]{40}$/)
    })
    expect(choose(assets, '17.0.20.1').version).toBe('17.0.20.1+2')
    expect(choose(assets, '21.0.11+12').version).toBe('21.0.11+12')
    expect(libericaAssets(fixture<LibericaRelease[]>('liberica-releases-crac-21-x86-64.json'))).toHaveLength(
      1
    )
  })

  test('a bundle without CRaC is left out', () => {
    expect(libericaAssets([fixture<LibericaRelease>('liberica-release-real-jre25.json')].flat())).toEqual([])
  })

  test('a version that does not exist fails with a list of those that do, the newest first', () => {
    expect(() => choose(assets, '25')).toThrow(
      expect.objectContaining({ fix: 'Set `java-version` to one of: 21.0.12.1+2, 21.0.11+12, 17.0.20.1+2.' })
    )
  })
})

describe.each([
  ['x64', 'crac-builds-x64.tsv'],
  ['aarch64', 'crac-builds-aarch64.tsv']
] as [Architecture, string][])('every known build for %s', (architecture, file) => {
  const rows = readFileSync(path.join(FIXTURES, file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .map(([, name = '', url = '', sha256 = '']) => ({ name, url, sha256 }))
  const isWanted = (name: string): boolean => /jdk/.test(name) && !/musl/.test(name)
  const zulu = zuluAssets(rows.filter(({ name }) => name.startsWith('zulu')).map(toZuluPackage))
  const liberica = libericaAssets(
    rows.filter(({ name }) => name.startsWith('bellsoft')).map(toLibericaRelease)
  )

  test('the listing has rows of both vendors', () => {
    expect(rows.length).toBeGreaterThan(200)
    expect(zulu.length).toBeGreaterThan(40)
    expect(liberica.length).toBeGreaterThan(25)
  })

  test.each(rows.filter(({ name }) => isWanted(name)))(
    '$name resolves to itself',
    async ({ name, url, sha256 }) => {
      const exact = /^zulu([\d._]+)-/.exec(name)?.[1] ?? /^bellsoft-jdk([\d.+]+)-/.exec(name)?.[1] ?? ''
      const chosen = choose(name.startsWith('zulu') ? zulu : liberica, exact, architecture)
      expect(chosen).toMatchObject({ name, url })
      expect(await knownSha256(path.join(ROOT, 'data/jdk-digests.tsv'), name)).toBe(sha256)
    }
  )

  test('a jre and a build for musl are never chosen', () => {
    const unwanted = rows.filter(({ name }) => !isWanted(name)).map(({ name }) => name)
    expect(unwanted.length).toBeGreaterThan(100)
    const offered = new Set([...zulu, ...liberica].map((asset) => asset.name))
    expect(unwanted.filter((name) => offered.has(name))).toEqual([])
  })
})

/** The row as the API of its vendor would list it. */
function toZuluPackage({ name, url, sha256 }: { name: string; url: string; sha256: string }): ZuluPackage {
  const [, distro = '', java = ''] = /^zulu([\d._]+)-ca-crac-j(?:dk|re)([\d.]+)-/.exec(name) ?? []
  return {
    name,
    download_url: url,
    distro_version: distro.split(/[._]/).map(Number),
    java_version: java.split('.').map(Number),
    sha256_hash: sha256,
    lib_c_type: name.includes('musl') ? 'musl' : 'glibc',
    java_package_type: name.includes('-jre') ? 'jre' : 'jdk'
  }
}

function toLibericaRelease({ name, url }: { name: string; url: string }): LibericaRelease {
  const [, version = ''] = /^bellsoft-j(?:dk|re)([\d.+]+)-/.exec(name) ?? []
  const [feature = 0, interim = 0, update = 0, patch = 0] = (version.split('+')[0] ?? '')
    .split('.')
    .map(Number)
  return {
    version,
    featureVersion: feature,
    interimVersion: interim,
    updateVersion: update,
    patchVersion: patch,
    buildVersion: Number(version.split('+')[1] ?? 0),
    filename: name,
    downloadUrl: url,
    size: 1,
    sha1: '0'.repeat(40),
    bundleType: 'jdk-crac',
    packageType: 'tar.gz',
    os: name.includes('musl') ? 'linux-musl' : 'linux',
    GA: true
  }
}
