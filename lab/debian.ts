import { existsSync } from 'node:fs'
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from './command.js'
import type { Progress } from './progress.js'

/** Suites of Debian: bookworm is Debian 12, trixie Debian 13, forky the testing suite, from which Debian 14 is made. */
export type Suite = 'bookworm' | 'trixie' | 'forky'

const SUITE: Suite = 'trixie'
const APT_SOURCES = 'etc/apt/sources.list'
const APT_LISTS = 'var/lib/apt/lists'
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
 * when it is complete, so an interrupted run leaves nothing that a later one would trust; one that was made for
 * fewer packages gets those that it lacks. With the testing suite, the packages and all that they need are from there.
 */
export async function debianRoot(
  home: string,
  name: string,
  packages: string[],
  progress: Progress,
  suite: Suite = SUITE
): Promise<string> {
  const root = path.join(home, name)
  if (existsSync(root)) {
    const missing = await missingPackages(root, packages)
    if (missing.length > 0) await installInto(root, missing, progress, suite)
    return root
  }

  const building = `${root}.building`
  await rm(building, { recursive: true, force: true })
  if (packages.length === 0) {
    await ensureCommand('debootstrap', ['debootstrap', 'debian-archive-keyring'], progress)
    progress(`Unpacking a Debian 13 (${SUITE}) ...`)
    await run('debootstrap', ['--variant=minbase', SUITE, building], { env: QUIET_APT })
    await rm(path.join(building, APT_LISTS), { recursive: true, force: true })
  } else {
    const minimal = await debianRoot(home, SUITE, [], progress)
    await run('cp', ['-a', minimal, building])
    await installInto(building, packages, progress, suite)
  }
  await rename(building, root)
  return root
}

async function missingPackages(root: string, packages: string[]): Promise<string[]> {
  if (packages.length === 0) return []
  // Its exit code is 1 when it does not know one of them.
  const { stdout } = await attempt('chroot', [
    root,
    'dpkg-query',
    '--show',
    '--showformat=${Package} ${db:Status-Status}\n',
    ...packages
  ])
  const installed = stdout.split('\n')
  return packages.filter((name) => !installed.includes(`${name} installed`))
}

async function installInto(
  root: string,
  packages: string[],
  progress: Progress,
  suite: Suite
): Promise<void> {
  progress(`Installing ${packages.join(' ')} of ${suite} into a Debian 13 ...`)
  const sources = path.join(root, APT_SOURCES)
  await writeFile(sources, (await readFile(sources, 'utf8')).replaceAll(SUITE, suite))
  const policy = path.join(root, 'usr/sbin/policy-rc.d')
  // Services must not start inside: there is nobody to stop them.
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  await cp('/etc/resolv.conf', path.join(root, 'etc/resolv.conf'), { dereference: true, force: true })
  const chroot = async (...args: string[]) => await run('chroot', [root, ...args], { env: QUIET_APT })
  // The lists of the testing suite count for a week only, and a mirror may be behind; their signatures are checked.
  const anyAge = suite === SUITE ? [] : ['-o', 'Acquire::Check-Valid-Until=false']
  await chroot('apt-get', 'update', '-qq', ...anyAge)
  await chroot('apt-get', 'install', '-y', '-qq', '--no-install-recommends', '--no-upgrade', ...packages)
  await chroot('apt-get', 'clean')
  await rm(policy)
  await rm(path.join(root, APT_LISTS), { recursive: true, force: true })
}
