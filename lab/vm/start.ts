import path from 'node:path'
import type { Place } from './place.js'

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

/** Line of the entry script for a restore that failed, with the cause before the address of a page. */
const CAUSE =
  /crac-checkpoint: the snapshot could not be restored here; .*?Cause: (.+?)(?:\. See https:\S+)?$/m

/** Prints the ids that CRIU wrote of restored processes, and the AppArmor profile. */
const INSPECT = 'cat "$HOME"/.crac-restored-* 2>/dev/null; echo; cat /proc/self/attr/current 2>/dev/null'

/** Pulls an image by its digest, and starts it as its user would: with the flags that its label declares, or without any. `call.sh` has to be in the folder of the place. */
export async function startIn(place: Place, image: string, declared = true): Promise<Start> {
  const docker = async (...args: string[]): Promise<string> => await place.run(['docker', ...args])
  const present = await place.attempt(['docker', 'image', 'inspect', '--format', '{{.Id}}', image])
  if (present.code !== 0) await docker('pull', '--quiet', image)
  const flags = declared ? await flagsOf(place, image) : []
  const container = await docker('run', '--detach', '--publish', `127.0.0.1::${PORT}`, ...flags, image)
  try {
    const called = await place.attempt([
      'bash',
      path.join(place.folder, 'call.sh'),
      container,
      PORT,
      String(PATIENCE)
    ])
    const { stdout: inside } = await place.attempt(['docker', 'exec', container, 'sh', '-c', INSPECT])
    const logs = await place.attempt(['docker', 'logs', container])
    return startOf(called.stdout.trim(), inside, `${logs.stdout}${logs.stderr}`)
  } finally {
    await docker('rm', '--force', container)
  }
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
async function flagsOf(place: Place, image: string): Promise<string[]> {
  const format = `{{index .Config.Labels "${LABEL}"}}`
  const label = await place.run(['docker', 'image', 'inspect', '--format', format, image])
  const container = await place.run(['docker', 'create', image])
  const profile = path.join(place.folder, 'seccomp.json')
  await place.run(['docker', 'cp', '--quiet', `${container}:${PROFILE}`, profile])
  await place.run(['docker', 'rm', container])
  return label.split(' ').map((flag) => flag.replace('seccomp=seccomp.json', `seccomp=${profile}`))
}
