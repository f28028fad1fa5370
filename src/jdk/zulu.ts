import type { Fetch } from '../http/fetch.js'
import { jsonText } from './response.js'
import type { Architecture, JdkAsset } from './asset.js'

/** A package in the response of https://api.azul.com/metadata/v1/zulu/packages/, with the requested fields. */
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

// The name decides: the API mixes C libraries, types and builds without CRaC when it does not support a parameter.
const NAME = /^zulu[\d._]+-ca-crac-jdk[\d.]+-linux_(x64|aarch64)\.tar\.gz$/

/** Lists Azul's builds with CRaC, with their addresses and digests, by one request. */
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
  return zuluAssets(JSON.parse(await jsonText(response, url, 'none')) as ZuluPackage[])
}

export function zuluAssets(packages: readonly ZuluPackage[]): JdkAsset[] {
  return packages.flatMap((listed) => {
    const architecture = NAME.exec(listed.name)?.[1]
    if (!architecture || !isWanted(listed)) return []
    const java = listed.java_version.join('.')
    const distro = trimmed(listed.distro_version).join('.')
    const build = listed.openjdk_build_number
    return [
      {
        distribution: 'zulu',
        version: java,
        aliases: [
          distro,
          ...(build === undefined ? [] : [`${java}+${build}`]),
          /^zulu([\d._]+)-/.exec(listed.name)?.[1] ?? distro
        ],
        major: listed.java_version[0] ?? 0,
        // Java's version has four numbers: 21.0.12.1 is newer than 21.0.12.
        order: [...padded(listed.java_version), ...listed.distro_version],
        architecture: architecture as Architecture,
        name: listed.name,
        url: listed.download_url,
        size: listed.size,
        sha256: /^[0-9a-f]{64}$/i.test(listed.sha256_hash ?? '')
          ? listed.sha256_hash?.toLowerCase()
          : undefined,
        sha1: undefined
      }
    ]
  })
}

// A missing field is accepted; one that is present must match.
function isWanted(listed: ZuluPackage): boolean {
  return (
    (listed.lib_c_type ?? 'glibc') === 'glibc' &&
    (listed.java_package_type ?? 'jdk') === 'jdk' &&
    (listed.archive_type ?? 'tar.gz') === 'tar.gz' &&
    (listed.crac_supported ?? true) &&
    (listed.release_status ?? 'ga') === 'ga'
  )
}

function padded(version: readonly number[]): number[] {
  return [0, 1, 2, 3].map((index) => version[index] ?? 0)
}

/** Returns a version without a last 0: Azul writes 21.52.17.0 as 21.52.17. */
function trimmed(version: readonly number[]): readonly number[] {
  return version.length === 4 && version[3] === 0 ? version.slice(0, 3) : version
}
