import { Failure } from '../lib/errors.js'
import type { Architecture, JdkAsset, Vendor } from './asset.js'

/** Java version for which an application is compiled. */
export interface JavaNeed {
  /** Version of Java, such as 25. */
  java: number
  /** Whether it uses preview features, which only this version of Java supports. */
  preview: boolean
  /** Name of a class that is compiled for it. */
  of: string
}

/** Vendors in the order in which they are offered, after the one that the user has chosen. */
const VENDORS: readonly Vendor[] = ['crac', 'zulu', 'liberica']

/** The newest JDK with CRaC and long-term support (November 2026). */
const KNOWN = { distribution: 'zulu', major: 25 } as const

/**
 * Throws a Failure if the application is compiled for another Java version than that of the JDK, with the inputs that give a
 * fitting one. A JDK whose version is not known (0) is accepted.
 */
export async function requireFitting(
  need: JavaNeed | undefined,
  { distribution, version, major, architecture }: JdkAsset,
  list: (vendor: Vendor, architecture: Architecture) => Promise<JdkAsset[]>
): Promise<void> {
  if (need === undefined || major === 0 || fits(need, major)) return
  const { java, preview, of } = need
  const vendors = [...VENDORS].sort((a, b) => Number(b === distribution) - Number(a === distribution))
  const offer = await offerFor(need, architecture, vendors, list)
  const give =
    offer === undefined
      ? `Set \`distribution\` and \`java-version\` to a JDK with CRaC for Java ${java}${preview ? '' : ' or newer'}`
      : `Set \`distribution: ${offer.distribution}\` and \`java-version: ${offer.major}\``
  const compile = preview
    ? `compile the application without preview features (\`--enable-preview\`)`
    : `compile the application for Java ${major} (Maven: \`maven.compiler.release\`, Gradle: \`options.release\`)`
  throw new Failure(
    'jdk',
    `The application is compiled for Java ${java}${preview ? ' with preview features' : ''} (class ${of}), and this JDK, ` +
      `${version} of the distribution ${distribution}, is for Java ${major}.`,
    { fix: `${give}; or ${compile}.` }
  )
}

function fits({ java, preview }: JavaNeed, major: number): boolean {
  return preview ? major === java : major >= java
}

/**
 * Returns the oldest fitting JDK of the first vendor that has one, or the one that is known, if the list of its vendor cannot be read;
 * undefined if there is none.
 */
async function offerFor(
  need: JavaNeed,
  architecture: Architecture,
  vendors: readonly Vendor[],
  list: (vendor: Vendor, architecture: Architecture) => Promise<JdkAsset[]>
): Promise<Pick<JdkAsset, 'distribution' | 'major'> | undefined> {
  let isRead = false
  for (const vendor of vendors) {
    const assets = await list(vendor, architecture).catch(() => undefined)
    isRead ||= assets !== undefined && vendor === KNOWN.distribution
    const fitting = (assets ?? []).filter(
      (asset) => asset.architecture === architecture && fits(need, asset.major)
    )
    if (fitting.length > 0) return fitting.reduce((a, b) => (b.major < a.major ? b : a))
  }
  return !isRead && fits(need, KNOWN.major) ? KNOWN : undefined
}

/** Returns the Failure for an image whose Java has no CRaC JDK of its version from the distribution, with the inputs that give one. */
export async function noneForImage(
  java: number,
  distribution: Vendor,
  architecture: Architecture,
  list: (vendor: Vendor, architecture: Architecture) => Promise<JdkAsset[]>
): Promise<Failure> {
  const others = VENDORS.filter((vendor) => vendor !== distribution)
  const need = { java, preview: false, of: '' }
  const offer = await offerFor(need, architecture, [...others, distribution], list)
  return new Failure(
    'jdk',
    `The image has Java ${java}, and the distribution ${distribution} has no CRaC JDK ${java} for Linux on ${architecture}.`,
    {
      fix:
        offer === undefined
          ? `No CRaC JDK for Java ${java} or newer was found: build the image with an older Java.`
          : `Set \`distribution: ${offer.distribution}\` and \`java-version: ${offer.major}\`, or build the image with another Java.`
    }
  )
}

/** Throws a Failure if the JDK of a file is for an older Java than that of the image; `jdk` is 0 where its version is not known. */
export function requireNotOlder(java: number, jdk: number, file: string): void {
  if (jdk === 0 || jdk >= java) return
  throw new Failure('jdk', `The image has Java ${java}, and the JDK in ${file} is for Java ${jdk}.`, {
    fix: `Set \`jdk-file\` to a CRaC JDK for Java ${java} or newer.`
  })
}

/** Returns the Java version in the file `release` of a JDK, such as 21 or 8; 0 if it has none. */
export function javaVersionIn(release: string | undefined): number {
  const [, first, second] = /^JAVA_VERSION="(\d{1,3})(?:\.(\d{1,3}))?/m.exec(release ?? '') ?? []
  return Number((first === '1' ? second : first) ?? 0)
}
