import path from 'node:path'
import { PROJECT } from '../home.js'
import type { Connection } from './connection.js'

/** What a container of an image did. */
export interface Start {
  outcome: 'restored' | 'started normally' | 'failed'
  /** Body of its first response; empty if there was none. */
  answer: string
  /** Reason that it logged for a normal start or a failure. */
  message: string
  /** AppArmor profile of its processes, with the mode. */
  profile: string
}

const LABEL = 'io.github.crac-checkpoint.restore-flags'
const PROFILE = '/opt/crac-checkpoint/seccomp.json'
const PORT = '8080'

/** Time until the first response, in seconds. */
const PATIENCE = 300

/** Line of the entry script for a restore that failed. */
const CAUSE = /crac-checkpoint: the snapshot could not be restored here; .*?Cause: (.+)/

/** Prints the ids that CRIU wrote of restored processes, and the AppArmor profile. */
const INSPECT = 'cat "$HOME"/.crac-restored-* 2>/dev/null; echo; cat /proc/self/attr/current 2>/dev/null'

/** Pulls an image by its digest, and starts it as its user would: with the flags that its label declares, or without any. */
export async function startIn(machine: Connection, image: string, declared = true): Promise<Start> {
  const docker = async (...args: string[]): Promise<string> => await machine.run(['docker', ...args])
  const present = await machine.attempt(['docker', 'image', 'inspect', '--format', '{{.Id}}', image])
  if (present.code !== 0) await docker('pull', '--quiet', image)
  const flags = declared ? await flagsOf(machine, image) : []
  const container = await docker('run', '--detach', '--publish', `127.0.0.1::${PORT}`, ...flags, image)
  try {
    const called = await machine.attempt(['bash', '/lab/call.sh', container, PORT, String(PATIENCE)])
    const { stdout: inside } = await machine.attempt(['docker', 'exec', container, 'sh', '-c', INSPECT])
    const logs = await machine.attempt(['docker', 'logs', container])
    return startOf(called.stdout.trim(), inside, `${logs.stdout}${logs.stderr}`)
  } finally {
    await docker('rm', '--force', container)
  }
}

/** Copies what `startIn` needs. */
export async function copyCaller(machine: Connection): Promise<void> {
  await machine.copyIn([path.join(PROJECT, 'lab/vm/call.sh')], '/lab')
}

/** Returns what a container did, from its first response, the output of INSPECT and its log. */
export function startOf(answer: string, inside: string, log: string): Start {
  const [id = '', profile = ''] = inside
    .trim()
    .split('\n')
    .map((line) => line.trim())
  const cause = CAUSE.exec(log)?.[1]
  const lastLine = log.trim().split('\n').at(-1) ?? ''
  if (answer === '') return { outcome: 'failed', answer, message: cause ?? lastLine, profile }
  // A restore that works logs nothing of its own, and leaves the id.
  if (cause === undefined && /^\d+$/.test(id)) return { outcome: 'restored', answer, message: '', profile }
  return { outcome: 'started normally', answer, message: cause ?? lastLine, profile: profile || id }
}

/** Returns the flags that the image declares, with a file of the seccomp profile that it has. */
async function flagsOf(machine: Connection, image: string): Promise<string[]> {
  const format = `{{index .Config.Labels "${LABEL}"}}`
  const label = await machine.run(['docker', 'image', 'inspect', '--format', format, image])
  const container = await machine.run(['docker', 'create', image])
  await machine.run(['docker', 'cp', '--quiet', `${container}:${PROFILE}`, '/lab/seccomp.json'])
  await machine.run(['docker', 'rm', container])
  return label.split(' ').map((flag) => flag.replace('seccomp=seccomp.json', 'seccomp=/lab/seccomp.json'))
}
