import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface VendorApis {
  azulApiUrl: string
  bellsoftApiUrl: string
  close(): Promise<void>
}

/**
 * Loopback stand-ins for the APIs of Azul and BellSoft. Azul's lists builds that must not be chosen as well. BellSoft's
 * build is none that exists: the digests of those are known, and this archive has another.
 */
export async function startVendorApis(archive: string): Promise<VendorApis> {
  const { size } = await stat(archive)
  const content = await readFile(archive)
  const digest = (algorithm: string): string => createHash(algorithm).update(content).digest('hex')
  const arm = process.arch === 'arm64'

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/zulu') send(zulu())
    else if (pathname === '/liberica') send(liberica())
    else {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
      createReadStream(archive).pipe(response)
    }
    function send(body: object): void {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function zulu(): object {
    const build = (name: string, changes: object = {}): object => ({
      name,
      download_url: `${url}/files/${name}`,
      java_version: [21, 0, 12],
      distro_version: [21, 52, 17, 0],
      sha256_hash: digest('sha256'),
      size,
      lib_c_type: 'glibc',
      java_package_type: 'jdk',
      archive_type: 'tar.gz',
      crac_supported: true,
      release_status: 'ga',
      ...changes
    })
    const machine = arm ? 'aarch64' : 'x64'
    return [
      build(`zulu21.52.17-ca-crac-jre21.0.12-linux_${machine}.tar.gz`, { java_package_type: 'jre' }),
      build(`zulu21.52.17-ca-crac-jdk21.0.12-linux_musl_${machine}.tar.gz`, { lib_c_type: 'musl' }),
      build(`zulu21.52.17-ca-crac-jdk21.0.12-linux_${machine}.tar.gz`)
    ]
  }
  function liberica(): object {
    const name = `bellsoft-jdk21.0.99+1-linux-${arm ? 'aarch64' : 'amd64'}-crac.tar.gz`
    return [
      {
        version: '21.0.99+1',
        featureVersion: 21,
        interimVersion: 0,
        updateVersion: 99,
        patchVersion: 0,
        buildVersion: 1,
        filename: name,
        downloadUrl: `${url}/files/${name}`,
        size,
        sha1: digest('sha1'),
        bundleType: 'jdk-crac',
        packageType: 'tar.gz',
        os: 'linux',
        GA: true
      }
    ]
  }

  return {
    azulApiUrl: `${url}/zulu`,
    bellsoftApiUrl: `${url}/liberica`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
