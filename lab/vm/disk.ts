import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../command.js'
import { debianRoot, ensureCommand } from '../debian.js'
import type { Progress } from '../progress.js'
import { KERNEL_SUITES, unpackKernel, type Kernel } from './kernels.js'

/** The disk of all virtual machines, which none of them changes, and the kernels whose modules it has. */
export interface Disk {
  file: string
  kernels: Kernel[]
  /** Private key of a login as root. */
  key: string
}

const PACKAGES = [
  'systemd-sysv',
  'udev',
  'kmod',
  'apparmor',
  'docker.io',
  'docker-cli',
  'docker-buildx',
  'iptables',
  'iproute2',
  'procps',
  'ca-certificates',
  'nodejs',
  'openssh-server',
  'initramfs-tools',
  'zstd'
]

/** Size of the disk, of which only what is used takes space on the machine. */
const SIZE = '8G'

/** Modules that find the disk; the others are loaded from it. A small initrd is unpacked sooner. */
const INITRD_MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_rng', 'ext4']

/** Files of the root folder: the network of `qemu -netdev user`, and a Docker that starts quickly. */
const FILES: Readonly<Record<string, string>> = {
  'etc/fstab': '/dev/vda / ext4 noatime,nobarrier 0 0\n',
  'etc/hostname': 'vm\n',
  'etc/hosts': '127.0.0.1 localhost vm\n',
  'etc/resolv.conf': 'nameserver 10.0.2.3\n',
  'etc/systemd/network/10-user.network':
    '[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\n',
  'etc/initramfs-tools/initramfs.conf': 'MODULES=list\nBUSYBOX=auto\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n',
  'etc/initramfs-tools/modules': `${INITRD_MODULES.join('\n')}\n`,
  'etc/ssh/sshd_config.d/lab.conf': 'PermitRootLogin prohibit-password\nUseDNS no\nMaxSessions 50\n'
}

/** Units that only take time of a machine that lives for an hour. */
const MASKED = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'systemd-networkd-wait-online.service',
  'getty@tty1.service'
]

/** Makes the disk where it is not there yet, which takes about five minutes. Needs root. */
export async function ensureDisk(home: string, progress: Progress): Promise<Disk> {
  const recipe = JSON.stringify([PACKAGES, SIZE, FILES, MASKED, KERNEL_SUITES])
  const name = createHash('sha256').update(recipe).digest('hex').slice(0, 16)
  const folder = path.join(home, 'vm', name)
  if (!existsSync(folder)) {
    const building = `${folder}.building`
    await rm(building, { recursive: true, force: true })
    await mkdir(building, { recursive: true })
    const root = await debianRoot(home, 'vm-root', PACKAGES, progress)
    const staging = path.join(building, 'root')
    await run('cp', ['-a', root, staging])
    await writeDisk(staging, building, progress)
    await rm(staging, { recursive: true })
    await rename(building, folder)
  }
  const releases = JSON.parse(await readFile(path.join(folder, 'releases.json'), 'utf8')) as string[]
  return {
    file: path.join(folder, 'disk.raw'),
    key: path.join(folder, 'key'),
    kernels: KERNEL_SUITES.map((suite, index) => {
      const release = releases[index] ?? ''
      const file = (kind: string): string => path.join(folder, `${kind}-${release}`)
      return { suite, release, image: file('vmlinuz'), initrd: file('initrd.img') }
    })
  }
}

async function writeDisk(root: string, folder: string, progress: Progress): Promise<void> {
  await ensureCommand('mke2fs', ['e2fsprogs'], progress)
  await ensureCommand('ssh', ['openssh-client'], progress)
  const inside = async (...args: string[]): Promise<string> => await run('chroot', [root, ...args])
  for (const [name, text] of Object.entries(FILES)) {
    const file = path.join(root, name)
    await mkdir(path.dirname(file), { recursive: true })
    await rm(file, { force: true })
    await writeFile(file, text)
  }
  const key = path.join(folder, 'key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', key])
  await mkdir(path.join(root, 'root/.ssh'), { recursive: true, mode: 0o700 })
  await cp(`${key}.pub`, path.join(root, 'root/.ssh/authorized_keys'))
  await inside('systemctl', 'enable', 'systemd-networkd', 'ssh', 'docker', 'apparmor')
  await inside('systemctl', 'mask', ...MASKED)

  await mkdir(path.join(root, 'usr/lib/modules'), { recursive: true })
  const releases: string[] = []
  for (const suite of KERNEL_SUITES) {
    const release = await unpackKernel(root, suite, progress)
    releases.push(release)
    progress(`Making the initrd of kernel ${release} ...`)
    await inside('depmod', release)
    await inside('mkinitramfs', '-o', `/boot/initrd.img-${release}`, release)
    for (const kind of ['vmlinuz', 'initrd.img'])
      await run('mv', [path.join(root, 'boot', `${kind}-${release}`), folder])
  }
  progress('Writing the disk of the virtual machines ...')
  const disk = path.join(folder, 'disk.raw')
  await run('mke2fs', ['-q', '-t', 'ext4', '-m', '0', '-O', '^metadata_csum', '-d', root, disk, SIZE])
  await writeFile(path.join(folder, 'releases.json'), JSON.stringify(releases))
}
