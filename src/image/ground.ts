import type { ImageFiles } from '../docker/image-files.js'
import type { Origin } from './contract.js'
import { brokenBy } from './contract.js'

/**
 * Throws a Failure for an image on top of which the JDK, CRIU and the scripts cannot work: they need glibc and a shell. Whether it can
 * have CRIU is found out when it is built.
 */
export async function checkGround(files: ImageFiles, origin: Origin): Promise<void> {
  const has = async (...paths: string[]): Promise<boolean> =>
    (await Promise.all(paths.map((file) => files.has(file)))).some(Boolean)
  const [release = '', musl, glibc, shell] = await Promise.all([
    files.text('/etc/os-release'),
    has('/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-aarch64.so.1'),
    has('/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'),
    has('/bin/sh')
  ])
  const system = /^PRETTY_NAME="?([^"\n]{1,100})/m.exec(release)?.[1] ?? 'unknown'
  const fix = 'Build it on debian:trixie-slim, with its Java copied there or installed.'
  if (musl && !glibc) throw brokenBy(origin, `has musl (${system}), and CRaC JDKs and CRIU need glibc`, fix)
  if (!shell)
    throw brokenBy(
      origin,
      `has no shell (${system}), as distroless images, and the action needs one to add CRIU`,
      fix
    )
}
