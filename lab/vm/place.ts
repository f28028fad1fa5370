import { cp, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from '../command.js'
import { PROJECT } from '../home.js'
import type { Connection } from './connection.js'
import type { Host } from './platforms.js'
import { ACTION } from './step.js'

/** A machine with Docker, this one or a virtual one, on which commands can be run. */
export interface Place extends Connection {
  /** Name in the tables. */
  name: string
  /** Folder with what a runner has of this action. */
  action: string
  /** Folder for files of the tests. */
  folder: string
}

/** Returns this machine with the Docker engine of an environment. */
export function thisMachine(env: NodeJS.ProcessEnv, kernel: string, folder: string): Place {
  const place: Place = {
    name: `Linux ${versionOf(kernel)}, this machine`,
    action: PROJECT,
    folder,
    attempt: async ([command = '', ...args], options = {}) =>
      await attempt(command, args, { ...options, env }),
    run: async ([command = '', ...args], options = {}) => await run(command, args, { ...options, env }),
    copyIn: async (files, target) => {
      await mkdir(target, { recursive: true })
      for (const file of files) await cp(file, path.join(target, path.basename(file)), { recursive: true })
    },
    close: () => Promise.resolve()
  }
  return place
}

/** Returns a virtual machine as a place. */
export function virtualMachine(machine: Connection, kernel: string): Place {
  return { ...machine, name: `Linux ${versionOf(kernel)}`, action: ACTION, folder: '/lab' }
}

/** Returns the first two numbers of a release. */
function versionOf(kernel: string): string {
  return /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel
}

interface Doctor {
  supported: boolean
  version?: string
  kernel?: string
  cpu?: string
  appArmor?: boolean
  privileges?: string
  message?: string
}

/** Runs `doctor`, and returns what it says. */
export async function doctorOf(place: Place, baseImage: string): Promise<Doctor> {
  const program = ['node', path.join(place.action, 'dist/cli.cjs'), 'doctor', '--json']
  const { stdout, stderr } = await place.attempt([...program, '--base-image', baseImage])
  try {
    return JSON.parse(stdout) as Doctor
  } catch {
    throw new Error(`doctor on ${place.name} printed no JSON:\n${stdout}${stderr}`)
  }
}

/** Returns what a place is. */
export async function hostOf(place: Place, baseImage: string): Promise<Host> {
  const doctor = await doctorOf(place, baseImage)
  const flags = await place.run(['grep', '-m', '1', '^flags', '/proc/cpuinfo'])
  return {
    name: place.name,
    kernel: doctor.kernel ?? 'unknown',
    cpu: doctor.cpu ?? 'unknown',
    avx512: / avx512f /.test(`${flags} `),
    appArmor: doctor.appArmor === true,
    docker: doctor.version ?? 'unknown',
    doctor: doctor.supported ? (doctor.privileges ?? '') : (doctor.message ?? '')
  }
}
