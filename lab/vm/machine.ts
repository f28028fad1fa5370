import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../registry.js'
import { connect, type Connection } from './connection.js'
import type { Disk } from './disk.js'
import type { Kernel } from './kernels.js'

/** What a virtual machine is made of. */
export interface MachineOptions {
  disk: Disk
  kernel: Kernel
  /** Model of the CPU, as `qemu-system-x86_64 -cpu help` names it. */
  cpu: string
  /** Ports of this machine's loopback address that the virtual machine has on its own. */
  ports: readonly number[]
  /** Folder for the log of the console and the changes of the disk, which are gone with the machine. */
  folder: string
}

/** A virtual machine that runs. */
export interface Machine extends Connection {
  kernel: Kernel
  cpu: string
  /** Ends it, and removes what it has changed on its disk. */
  stop: () => Promise<void>
}

/** Time to boot, in seconds: about 80 on a quiet machine. */
const BOOT_LIMIT = 900
const MEMORY = '2560'

/** Address of the machine outside in the network of `qemu -netdev user`. */
const OUTSIDE = '10.0.2.2'

/** Boots a virtual machine with an emulated CPU, and returns it when its Docker responds. */
export async function bootMachine(options: MachineOptions): Promise<Machine> {
  const { disk, kernel, cpu, ports, folder } = options
  const port = await freePort()
  const consoleLog = path.join(folder, `console-${kernel.release}.log`)
  const qemu = spawn('qemu-system-x86_64', qemuArguments(options, port, consoleLog), {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const ended = new Promise<void>((resolve) => qemu.on('close', () => resolve()))
  const kill = (): void => void qemu.kill('SIGKILL')
  process.on('exit', kill)
  const connection = connect(port, disk.key, folder)
  const stop = async (): Promise<void> => {
    await connection.close()
    kill()
    await ended
    process.off('exit', kill)
  }
  const machine = { ...connection, kernel, cpu, stop }
  try {
    await booted(machine, qemu, consoleLog)
    for (const command of forwardingOf(ports)) await machine.run(command)
  } catch (error) {
    await stop()
    throw error
  }
  return machine
}

function qemuArguments({ disk, kernel, cpu }: MachineOptions, port: number, consoleLog: string): string[] {
  const command = 'root=/dev/vda rw console=ttyS0 apparmor=1 security=apparmor mitigations=off net.ifnames=0'
  return [
    // One virtual CPU: with two, a kernel panicked that patched code which the other one executed.
    ...['-machine', 'q35', '-accel', 'tcg,tb-size=512', '-cpu', cpu, '-smp', '1', '-m', MEMORY],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', `file:${consoleLog}`],
    ...['-kernel', kernel.image, '-initrd', kernel.initrd, '-append', command],
    ...['-drive', `file=${disk.file},format=raw,if=virtio,snapshot=on,cache=unsafe`],
    ...['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:22`, '-device', 'virtio-net-pci,netdev=net'],
    ...['-device', 'virtio-rng-pci']
  ]
}

/** Waits for a login and for Docker. */
async function booted(machine: Machine, qemu: ChildProcess, consoleLog: string): Promise<void> {
  const deadline = Date.now() + BOOT_LIMIT * 1000
  const version = ['docker', 'version', '--format', '{{.Server.Version}}']
  while ((await machine.attempt(version, { limit: 60 })).code !== 0) {
    if (qemu.exitCode !== null || Date.now() > deadline) {
      const lines = (await readFile(consoleLog, 'utf8').catch(() => '')).trim().split('\n').slice(-25)
      throw new Error(`A machine with kernel ${machine.kernel.release} did not boot:\n${lines.join('\n')}`)
    }
    await sleep(3000)
  }
}

/** Commands that make ports of its loopback address lead to the same ports of the machine outside. */
function forwardingOf(ports: readonly number[]): string[][] {
  const nat = ['iptables', '--wait', '--table', 'nat', '--append']
  return [
    ['sysctl', '--quiet', '--write', 'net.ipv4.conf.all.route_localnet=1'],
    [...nat, 'POSTROUTING', '--destination', OUTSIDE, '--jump', 'MASQUERADE'],
    ...ports.map((port) => [
      ...[...nat, 'OUTPUT', '--destination', '127.0.0.1', '--protocol', 'tcp', '--dport', String(port)],
      ...['--jump', 'DNAT', '--to-destination', `${OUTSIDE}:${port}`]
    ])
  ]
}
