import { describe, expect, test } from '@jest/globals'
import type { JdkAsset, Vendor } from '../../src/jdk/asset.js'
import { cracAssets, newestRelease } from '../../src/jdk/crac.js'
import { javaVersionIn, noneForImage, requireFitting, requireNotOlder } from '../../src/jdk/fitting.js'

const asset = (distribution: Vendor | 'file', major: number): JdkAsset => ({
  distribution,
  version: String(major),
  aliases: [],
  major,
  order: [major],
  architecture: 'x64',
  name: 'x.tar.gz',
  url: 'https://example.com/x.tar.gz',
  size: undefined,
  sha256: undefined,
  sha1: undefined
})

const LISTS: Record<Vendor, number[]> = { crac: [17, 21, 24], zulu: [17, 21, 24, 25, 26], liberica: [17, 25] }
const list = async (vendor: Vendor): Promise<JdkAsset[]> =>
  await Promise.resolve(LISTS[vendor].map((major) => asset(vendor, major)))
const need = (java: number, preview = false) => ({ java, preview, of: 'com.acme.Main' })

describe('requireFitting', () => {
  test.each<[number, Vendor, number, string]>([
    [25, 'crac', 24, '`distribution: zulu` and `java-version: 25`'],
    [25, 'liberica', 17, '`distribution: liberica` and `java-version: 25`'],
    [21, 'crac', 17, '`distribution: crac` and `java-version: 21`'],
    [22, 'zulu', 21, '`distribution: zulu` and `java-version: 24`'],
    [27, 'crac', 24, 'a JDK with CRaC for Java 27 or newer']
  ])('an application for Java %i does not run on %s %i', async (java, vendor, major, fix) => {
    await expect(requireFitting(need(java), asset(vendor, major), list)).rejects.toMatchObject({
      category: 'jdk',
      message: expect.stringContaining(
        `compiled for Java ${java} (class com.acme.Main), and this JDK, ${major} of the distribution ${vendor}, is for Java ${major}.`
      ),
      fix: expect.stringContaining(fix)
    })
  })

  test('classes with preview features run on their own version only', async () => {
    await expect(requireFitting(need(21, true), asset('crac', 24), list)).rejects.toMatchObject({
      message: expect.stringContaining('Java 21 with preview features'),
      fix: expect.stringContaining('`java-version: 21`; or compile the application without preview features')
    })
    await requireFitting(need(21, true), asset('crac', 21), list)
  })

  test('a newer JDK, an unknown one, and an unknown application are accepted', async () => {
    for (const [wanted, given] of [
      [need(17), asset('crac', 24)],
      [need(25), asset('file', 0)],
      [undefined, asset('crac', 17)]
    ] as const)
      await expect(requireFitting(wanted, given, list)).resolves.toBeUndefined()
  })

  test.each([
    [25, 'Set `distribution: zulu` and `java-version: 25`'],
    [27, 'a JDK with CRaC for Java 27 or newer']
  ])(
    'where the lists of the vendors cannot be read, a JDK for Java %i that is known is named',
    async (java, fix) => {
      const broken = async (vendor: Vendor): Promise<JdkAsset[]> =>
        vendor === 'crac' ? await list(vendor) : await Promise.reject(new Error('no network'))
      await expect(requireFitting(need(java), asset('crac', 24), broken)).rejects.toMatchObject({
        fix: expect.stringContaining(fix)
      })
    }
  )
})

test.each<[number, Vendor, string]>([
  [25, 'crac', 'Set `distribution: zulu` and `java-version: 25`, or build the image with another Java.'],
  [21, 'liberica', 'Set `distribution: crac` and `java-version: 21`, or build the image with another Java.'],
  [98, 'crac', 'No CRaC JDK for Java 98 or newer was found: build the image with an older Java.']
])('an image with Java %i, and no JDK of that version from %s', async (java, vendor, fix) => {
  expect(await noneForImage(java, vendor, 'x64', list)).toMatchObject({
    category: 'jdk',
    message: `The image has Java ${java}, and the distribution ${vendor} has no CRaC JDK ${java} for Linux on x64.`,
    fix
  })
})

test('the JDK of a file is not older than the Java of the image', () => {
  requireNotOlder(21, 21, 'jdk.tar.gz')
  requireNotOlder(21, 0, 'jdk.tar.gz')
  expect(() => requireNotOlder(21, 17, 'jdk.tar.gz')).toThrow(
    'The image has Java 21, and the JDK in jdk.tar.gz is for Java 17.'
  )
})

test('the version of a JDK in an archive is in its file `release`', () => {
  expect(javaVersionIn('IMPLEMENTOR="x"\nJAVA_VERSION="21.0.4"\n')).toBe(21)
  expect(javaVersionIn('JAVA_VERSION="25"\n')).toBe(25)
  expect(javaVersionIn('JAVA_VERSION="1.8.0_422"\n')).toBe(8)
  expect(javaVersionIn('x')).toBe(0)
  expect(javaVersionIn(undefined)).toBe(0)
})

test('the newest release of the distribution crac is that of the newest Java, with its date', () => {
  const release = (tag_name: string, published_at: string | null) => ({
    ...{ tag_name, published_at, draft: false },
    assets: [{ url: 'https://x', name: `openjdk-${tag_name}_linux-x64.tar.gz`, state: 'uploaded', size: 1 }]
  })
  const assets = cracAssets([
    release('24-crac+1', '2024-12-03T10:00:00Z'),
    release('17-crac+6', '2025-02-01T10:00:00Z')
  ])
  expect(newestRelease(assets)).toBe(
    'The newest release of the distribution crac is 24-crac+1, published on 2024-12-03.'
  )
  expect(newestRelease(cracAssets([release('24-crac+1', null)]))).toBe(
    'The newest release of the distribution crac is 24-crac+1.'
  )
  expect(newestRelease([])).toBeUndefined()
})
