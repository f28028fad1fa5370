import { existsSync } from 'node:fs'
import { cp, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from './command.js'
import type { Progress } from './progress.js'

const SUITE = 'trixie'
const QUIET_APT = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }

/** Installs Debian packages on this machine, unless the command is there already. Needs root. */
export async function ensureCommand(command: string, packages: string[], progress: Progress): Promise<void> {
  if ((await attempt('which', [command])).code === 0) return
  progress(`Installing ${packages.join(' ')} ...`)
  await run('apt-get', ['update', '-qq'], { env: QUIET_APT })
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env: QUIET_APT })
}

/**
 * A folder with the root file system of a Debian 13 that has the packages. It appears under its name only
 * when it is complete, so an interrupted run leaves nothing that a later one would trust.
 */
export async function debianRoot(
  home: string,
  name: string,
  packages: string[],
  progress: Progress
): Promise<string> {
  const root = path.join(home, name)
  if (existsSync(root)) return root

  const building = `${root}.building`
  await rm(building, { recursive: true, force: true })
  if (packages.length === 0) {
    await ensureCommand('debootstrap', ['debootstrap', 'debian-archive-keyring'], progress)
    progress(`Unpacking a Debian 13 (${SUITE}) ...`)
    await run('debootstrap', ['--variant=minbase', SUITE, building], { env: QUIET_APT })
  } else {
    const minimal = await debianRoot(home, SUITE, [], progress)
    progress(`Installing ${packages.join(' ')} into a Debian 13 ...`)
    await run('cp', ['-a', minimal, building])
    // Services must not start inside: there is nobody to stop them.
    await writeFile(path.join(building, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    await cp('/etc/resolv.conf', path.join(building, 'etc/resolv.conf'), { dereference: true, force: true })
    const chroot = async (...args: string[]) => await run('chroot', [building, ...args], { env: QUIET_APT })
    await chroot('apt-get', 'update', '-qq')
    await chroot('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages)
    await chroot('apt-get', 'clean')
    await rm(path.join(building, 'usr/sbin/policy-rc.d'))
  }
  await rm(path.join(building, 'var/lib/apt/lists'), { recursive: true, force: true })
  await rename(building, root)
  return root
}
