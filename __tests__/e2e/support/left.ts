import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RUN_VARIABLE } from '../../../src/run/orphans.js'
import { docker, world } from './lab.js'

/** Everything that a run could leave on this machine, as one text to compare; for files see StepResult.left. */
export function machineContents(): string {
  const lists = [
    ['ps', '--all', '--format', 'container {{.Names}}'],
    ['volume', 'ls', '--format', 'volume {{.Name}}'],
    ['network', 'ls', '--format', 'network {{.Name}}'],
    ['image', 'ls', '--all', '--format', 'image {{.Repository}}:{{.Tag}} {{.ID}}']
  ]
  const inEngine = lists.flatMap((list) => docker(...list).split('\n')).sort()
  return [...inEngine, ...processes()].join('\n')
}

function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
        // Other labs on this machine have their own.
        const own = environment.includes(`DOCKER_HOST=${world.environment['DOCKER_HOST']}\0`)
        return own && environment.includes(`${RUN_VARIABLE}=`)
          ? [`process ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`]
          : []
      } catch {
        return []
      }
    })
}

interface Manifest {
  config: { digest: string }
  layers: { digest: string }[]
}

/** The digest of a tag at the lab's registry, which has all of its content: else an error. undefined where there is no such tag. */
export async function completeDigest(tag: string): Promise<string | undefined> {
  const [, repository, name] = /^[^/]+\/(.+):([^:]+)$/.exec(tag) ?? []
  const at = (what: string): string => `http://${world.registry}/v2/${repository}/${what}`
  const accept =
    'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
  const response = await fetch(at(`manifests/${name}`), { headers: { accept } })
  if (response.status === 404) return undefined
  const manifest = (await response.json()) as Manifest
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    const blob = await fetch(at(`blobs/${digest}`), { method: 'HEAD' })
    if (!blob.ok) throw new Error(`${tag} is at the registry, and its ${digest} is not: ${blob.status}`)
  }
  return response.headers.get('docker-content-digest') ?? undefined
}

/** Ends a process as a runner ends a step that is cancelled: SIGINT, SIGTERM 7.5 s later, SIGKILL 2.5 s after that. */
export function cancelAsRunner(pid: number): void {
  send(pid, 'SIGINT')
  for (const [name, after] of [
    ['SIGTERM', 7500],
    ['SIGKILL', 10_000]
  ] as const) {
    setTimeout(() => send(pid, name), after).unref()
  }
}

/** Rejects for a process that goes on. One that a signal ended is gone a little later, and counts as gone when only its parent has not waited for it yet. */
export async function requireEnd(pid: number): Promise<void> {
  const deadline = Date.now() + 2000
  while (runs(pid)) {
    if (Date.now() > deadline) throw new Error(`Process ${pid} still runs.`)
    await sleep(20)
  }
}

function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export function send(pid: number, name: NodeJS.Signals): void {
  try {
    // Later, the number may be another process's.
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/index.cjs')) process.kill(pid, name)
  } catch {
    // It had ended by itself; the expectations check the rest.
  }
}
