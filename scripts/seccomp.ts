import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'

// `npm run docs` writes docker/seccomp.json from Docker's default profile (data/docker-seccomp.json). `npm run lint`
// checks that it is up to date. docs/decisions/seccomp.md has the reasons.

/** System calls with one condition, as Docker's profile has them. */
interface DockerRule {
  names: string[]
  action: string
  args?: Comparison[]
  includes?: { caps?: string[]; arches?: string[]; minKernel?: string }
  excludes?: { caps?: string[]; arches?: string[] }
}

/** A comparison of an argument of a system call with a number (seccomp_rule_add(3)). */
interface Comparison {
  index: number
  value: number
  op: string
}

/** A rule of a profile in the form of the OCI runtime specification, which has no conditions. */
export interface Rule {
  comment?: string
  names: string[]
  action: string
  args?: Comparison[]
}

export interface Profile {
  defaultAction: string
  defaultErrnoRet: number
  architectures: string[]
  syscalls: Rule[]
}

/** Version of Docker's profile: of github.com/moby/profiles/seccomp, as Docker 28.5.2 has it. */
const VERSION = 'v0.1.0, of Docker 28.5.2, taken on 2026-11-27'

const ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']

/** Names of these architectures in Docker's conditions. */
const ARCHES = ['amd64', 'x86', 'arm64', 'arm']

/** Linux: socket(2). AF_VSOCK is denied by Docker's profile too. */
const [AF_ALG, AF_VSOCK] = [38, 40]

/** Returns the text of docker/seccomp.json: Docker's default for a container without capabilities, without AF_ALG, and with clone3. */
export function seccompProfile(): string {
  const file = path.join(PROJECT, 'data/docker-seccomp.json')
  const docker = JSON.parse(readFileSync(file, 'utf8')) as {
    defaultAction: string
    defaultErrnoRet: number
    syscalls: DockerRule[]
  }
  const [first, ...rules] = docker.syscalls.filter(applies).map(withoutConditions)
  if (!first) throw new Error(`${file} has no rules`)
  const profile: Profile = {
    defaultAction: docker.defaultAction,
    defaultErrnoRet: docker.defaultErrnoRet,
    architectures: ARCHITECTURES,
    syscalls: [
      { comment: `Docker's default profile ${VERSION}: https://github.com/moby/profiles.`, ...first },
      ...rules,
      ...sockets(),
      {
        comment: 'CRIU gives the restored processes their ids with it.',
        names: ['clone3'],
        action: 'SCMP_ACT_ALLOW'
      }
    ]
  }
  return JSON.stringify(profile, null, 2)
}

/** Whether a rule is for a container without capabilities on one of the architectures, and not for what is added here. */
function applies({ names, includes = {}, excludes = {} }: DockerRule): boolean {
  const here = (arches: string[] = ARCHES): boolean => arches.some((arch) => ARCHES.includes(arch))
  if (names.includes('clone3') || names.includes('socket')) return false
  return includes.caps === undefined && here(includes.arches) && !(excludes.arches && here(excludes.arches))
}

function withoutConditions({ names, action, args }: DockerRule): Rule {
  return { names, action, ...(args ? { args } : {}) }
}

/** Returns one rule per range of address families: two comparisons of one argument in a rule would both have to hold. */
function sockets(): Rule[] {
  const allow = (value: number, op: string): Rule => ({
    names: ['socket'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value, op }]
  })
  return [
    { comment: 'All address families but AF_ALG and AF_VSOCK.', ...allow(AF_ALG, 'SCMP_CMP_LT') },
    allow(AF_ALG + 1, 'SCMP_CMP_EQ'),
    allow(AF_VSOCK, 'SCMP_CMP_GT')
  ]
}
