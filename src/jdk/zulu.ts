import type { Fetch } from '../http/fetch.js'
import { jsonText } from './response.js'
import type { Architecture, JdkAsset } from './asset.js'

/** A package in the answer of https://api.azul.com/metadata/v1/zulu/packages/, with the fields asked for. */
export interface ZuluPackage {
  name: string
  download_url: string
  java_version: number[]
  distro_version: number[]
  openjdk_build_number?: number
  sha256_hash?: string
  size?: number
  lib_c_type?: string | null
  java_package_type?: string
  archive_type?: string
  crac_supported?: boolean
  release_status?: string
}

const FIELDS = 'sha256_hash,size,lib_c_type,java_package_type,archive_type,crac_supported,release_status'

// The name decides: the API mixes C libraries, types and builds without CRaC when a parameter is not known to it.
const NAME = /^zulu[\d._]+-ca-crac-jdk[\d.]+-linux_(x64|aarch64)\.tar\.gz$/

/** Azul's builds with CRaC: one request gives names, addresses and digests. */
export async function listZulu(fetch: Fetch, apiUrl: URL, architecture: Architecture): Promise<JdkAsset[]> {
  const url = new URL(apiUrl)
  url.search = new URLSearchParams({
    os: 'linux',
    lib_c_type: 'glibc',
    arch: architecture,
    archive_type: 'tar.gz',
    java_package_type: 'jdk',
    javafx_bundled: 'false',
    crac_supported: 'true',
    release_status: 'ga',
    availability_types: 'ca',
    include_fields: FIELDS,
    page: '1',
    page_size: '1000'
  }).toString()
  const response = await fetch(url.href, { headers: { accept: 'application/json' } })
  return zuluAssets(JSON.parse(await jsonText(response, url.host, false)) as ZuluPackage[])
}

export function zuluAssets(packages: readonly ZuluPackage[]): JdkAsset[] {
  return packages.flatMap((found) => {
    const architecture = NAME.exec(found.name)?.[1]
    if (!architecture || !isWanted(found)) return []
    const java = found.java_version.join('.')
    const distro = trimmed(found.distro_version).join('.')
    const build = found.openjdk_build_number
    return [
      {
        distribution: 'zulu',
        version: java,
        aliases: [
          distro,
          ...(build === undefined ? [] : [`${java}+${build}`]),
          /^zulu([\d._]+)-/.exec(found.name)?.[1] ?? distro
        ],
        major: found.java_version[0] ?? 0,
        // Four places for the version of Java: 21.0.12.1 is newer than 21.0.12.
        order: [...padded(found.java_version), ...found.distro_version],
        architecture: architecture as Architecture,
        name: found.name,
        url: found.download_url,
        size: found.size,
        sha256: /^[0-9a-f]{64}$/i.test(found.sha256_hash ?? '')
          ? found.sha256_hash?.toLowerCase()
          : undefined,
        sha1: undefined
      }
    ]
  })
}

// A field that is not there says nothing; one that is there must not contradict.
function isWanted(found: ZuluPackage): boolean {
  return (
    (found.lib_c_type ?? 'glibc') === 'glibc' &&
    (found.java_package_type ?? 'jdk') === 'jdk' &&
    (found.archive_type ?? 'tar.gz') === 'tar.gz' &&
    (found.crac_supported ?? true) &&
    (found.release_status ?? 'ga') === 'ga'
  )
}

function padded(version: readonly number[]): number[] {
  return [0, 1, 2, 3].map((index) => version[index] ?? 0)
}

/** `21.52.17.0` is known as 21.52.17. */
function trimmed(version: readonly number[]): readonly number[] {
  return version.length === 4 && version[3] === 0 ? version.slice(0, 3) : version
}
