import path from 'node:path'
import { PROJECT } from '../home.js'
import type { Progress } from '../progress.js'
import { doctorOf, hostOf, type Place } from './place.js'
import { TRACE_SCOPE, WITHOUT_FLAGS, type Host, type Made, type Refusal, type Started } from './platforms.js'
import { startIn } from './start.js'
import { copyAction, runStepIn, type RemoteStep } from './step.js'

/** An image that a run has pushed, with its digest. */
export interface MadeImage extends Made {
  /** NAME@sha256:...; empty where the run failed. */
  reference: string
}

/** What runs need of the world. */
export interface RunWorld {
  registry: string
  /** Inputs of each run. */
  inputs: Record<string, string>
  /** Folder of this machine with the built application. */
  context: string
}

/** Inputs that leave out what takes most of the time, and is not about the machine. */
export const SHORT_RUN: Record<string, string> = {
  push: 'true',
  'verify-runs': '1',
  archive: 'off',
  'secret-scan': 'off',
  'startup-timeout': '10m',
  'checkpoint-timeout': '10m'
}

/** What a CRaC JDK does by itself for `cpu-features: generic`, and the stand-in does not: it uses nothing newer than AVX2. */
export const GENERIC: Record<string, string> = {
  'java-options': '-XX:UseAVX=2',
  env: 'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD,-XSAVEC'
}

/** Time for a run in a virtual machine, in seconds: about 10 minutes on a quiet machine. */
const RUN_LIMIT = 5400

/** Name of the base image in the registry. */
export function baseOf(registry: string): string {
  return `${registry}/vm/base:trixie-slim`
}

/** Does the whole job in a virtual machine, and returns what the machine is and the image. */
export async function makeIn(
  place: Place,
  { registry, inputs, context }: RunWorld,
  progress: Progress
): Promise<{ host: Host; image: MadeImage }> {
  await copyAction(place)
  await place.copyIn([context], '/context')
  const base = baseOf(registry)
  await place.run(['docker', 'pull', '--quiet', base])
  const host = await hostOf(place, base)
  progress(`${place.name}: doctor says ${host.doctor}. Running the action ...`)
  const name = `linux-${host.kernel.split('.').slice(0, 2).join('.')}`
  const tag = `${registry}/vm/${name}:crac`
  const given = {
    ...inputs,
    ...SHORT_RUN,
    ...GENERIC,
    'base-image': base,
    context: `/context/${path.basename(context)}`
  }
  const step = await runStepIn(place, { ...given, tags: tag }, { limit: RUN_LIMIT })
  const image = madeOf(step, tag, { name, on: place.name, cpuFeatures: 'generic' })
  progress(`${place.name}: ${image.log} (${Math.round(step.took / 60_000)} minutes)`)
  if (image.reference === '') progress(step.log)
  return { host, image }
}

/** Returns the image of a step, or the message with which it failed. */
export function madeOf(
  step: Pick<RemoteStep, 'exitCode' | 'log' | 'outputs'>,
  tag: string,
  made: Pick<Made, 'name' | 'on' | 'cpuFeatures'>
): MadeImage {
  if (step.exitCode !== 0) {
    const message = /^::error.*?::(.*?)(?:%0A|$)/m.exec(step.log)?.[1] ?? step.log.trim().split('\n').at(-1)
    return { ...made, log: message ?? '', privileges: '', reference: '' }
  }
  const log = /^Using CRIU .*$/m.exec(step.log)?.[0] ?? ''
  const { snapshot } = JSON.parse(step.outputs['metadata'] ?? '{}') as { snapshot?: { privileges?: string } }
  const reference = `${tag.slice(0, tag.lastIndexOf(':'))}@${step.outputs['digest']}`
  return { ...made, log, privileges: snapshot?.privileges ?? '', reference }
}

/** Starts images on a machine, each with its declared flags. */
export async function startsIn(
  place: Place,
  images: readonly MadeImage[],
  progress: Progress
): Promise<Started[]> {
  await place.copyIn([CALLER], place.folder)
  const starts: Started[] = []
  for (const image of images) if (image.reference !== '') starts.push(await started(place, image, progress))
  return starts
}

/** Starts an image in ways in which it cannot be restored; also returns what `doctor` says then. */
export async function failuresIn(
  place: Place,
  registry: string,
  image: MadeImage,
  progress: Progress
): Promise<{ starts: Started[]; refusals: Refusal[] }> {
  const plain = await started(place, image, progress, WITHOUT_FLAGS)
  await place.run(['sysctl', '--quiet', '--write', 'kernel.yama.ptrace_scope=2'])
  const traced = await started(place, image, progress, TRACE_SCOPE)
  const { message = '' } = await doctorOf(place, baseOf(registry))
  progress(`${place.name}, ${TRACE_SCOPE}: doctor says ${message || 'nothing'}`)
  return { starts: [plain, traced], refusals: [{ on: place.name, special: TRACE_SCOPE, message }] }
}

const CALLER = path.join(PROJECT, 'lab/vm/call.sh')

async function started(place: Place, image: MadeImage, progress: Progress, special = ''): Promise<Started> {
  const { outcome, message, profile } = await startIn(place, image.reference, special !== WITHOUT_FLAGS)
  progress(`${place.name}: ${image.name}${special && `, ${special}`}: ${outcome} ${message}`)
  return { image: image.name, on: place.name, special, outcome, message, profile }
}
