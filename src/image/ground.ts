import type { ImageFiles } from '../docker/image-files.js'

/** Folders in which a system has its programs. */
const PROGRAMS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin']

/**
 * Returns what an image lacks, as the end of a sentence, without which the JDK, CRIU and the scripts cannot be added on top of it:
 * glibc, a shell, or CRIU and packages of it; undefined where it may have them all. `hasCriuImage` is whether CRIU comes from an image.
 */
export async function lackIn(files: ImageFiles, hasCriuImage: boolean): Promise<string | undefined> {
  const has = async (...paths: string[]): Promise<boolean> =>
    (await Promise.all(paths.map((file) => files.has(file)))).some(Boolean)
  const anywhere = async (program: string): Promise<boolean> =>
    await has(...PROGRAMS.map((folder) => `${folder}/${program}`))
  const [release = '', musl, glibc, shell] = await Promise.all([
    files.text('/etc/os-release'),
    has('/lib/ld-musl-x86_64.so.1', '/lib/ld-musl-aarch64.so.1'),
    has('/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'),
    has('/bin/sh')
  ])
  const system = /^PRETTY_NAME="?([^"\n]{1,100})/m.exec(release)?.[1] ?? 'unknown'
  if (musl && !glibc) return `has musl (${system}), and CRaC JDKs and CRIU need glibc`
  if (!shell) return `has no shell (${system}), as distroless images, and the action needs one to add CRIU`
  if (hasCriuImage || (await anywhere('criu')) || (await anywhere('apt-get'))) return undefined
  return `has no CRIU (${system}), and no apt-get to install it`
}
