import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../command.js'
import type { Suite } from '../debian.js'
import type { Progress } from '../progress.js'

/** Suites of Debian with the kernels that virtual machines boot: 6.1, 6.12 and 7.x. */
export const KERNEL_SUITES: readonly Suite[] = ['bookworm', 'trixie', 'forky']

/** Debian's kernel for virtual machines: without drivers of real hardware, and with all that containers and CRIU need. */
const PACKAGE = 'linux-image-cloud-amd64'

/** The packages with the files of a kernel: one, or in newer suites one for the kernel and one for its modules. */
const PARTS = /^linux-(?:image|binary|modules)-\d\S*$/gm

/** What a virtual machine boots. */
export interface Kernel {
  suite: Suite
  /** Release, as `uname -r` prints it. */
  release: string
  image: string
  initrd: string
}

/** Unpacks the kernel of a suite and its modules into a root folder of Debian 13; returns its release. */
export async function unpackKernel(root: string, suite: Suite, progress: Progress): Promise<string> {
  progress(`Downloading the kernel of ${suite} ...`)
  const place = `/kernel-${suite}`
  const outside = path.join(root, place)
  await mkdir(path.join(outside, 'lists/partial'), { recursive: true })
  await writeFile(path.join(outside, 'list'), `deb http://deb.debian.org/debian ${suite} main\n`)
  const options = [
    ...['-o', `Dir::Etc::SourceList=${place}/list`, '-o', 'Dir::Etc::SourceParts=-'],
    ...[
      '-o',
      `Dir::State::Lists=${place}/lists`,
      '-o',
      'Dir::Cache::pkgcache=',
      '-o',
      'Dir::Cache::srcpkgcache='
    ],
    // The lists of the testing suite count for a week only, and a mirror may be behind; their signatures are checked.
    ...['-o', 'Acquire::Check-Valid-Until=false', '-o', 'APT::Sandbox::User=root']
  ]
  const inside = async (...command: string[]): Promise<string> =>
    await run('chroot', [root, 'env', `--chdir=${place}`, ...command])
  await inside('apt-get', ...options, 'update', '-qq')
  const needed = await inside('apt-cache', ...options, 'depends', '--recurse', '--important', PACKAGE)
  const parts = [...new Set(needed.match(PARTS))]
  await inside('apt-get', ...options, 'download', '-qq', ...parts)
  for (const name of await readdir(outside))
    if (name.endsWith('.deb')) await inside('dpkg-deb', '--extract', name, `${place}/files`)

  const files = path.join(outside, 'files')
  const modules = ['lib/modules', 'usr/lib/modules'].map((name) => path.join(files, name)).find(existsSync)
  const [release] = modules === undefined ? [] : await readdir(modules)
  if (modules === undefined || release === undefined)
    throw new Error(`The packages ${parts.join(' ')} of ${suite} have no modules`)
  const from = path.join(modules, release)
  await run('cp', ['-a', from, path.join(root, 'usr/lib/modules')])
  const name = `vmlinuz-${release}`
  // Newer packages have it among the modules, without the release in its name.
  const kernel = [path.join(files, 'boot', name), path.join(from, 'vmlinuz')].find(existsSync)
  if (kernel === undefined) throw new Error(`The packages ${parts.join(' ')} of ${suite} have no kernel`)
  await cp(kernel, path.join(root, 'boot', name))
  await rm(outside, { recursive: true })
  return release
}
