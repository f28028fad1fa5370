import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'

interface Rule {
  names: string[]
  action: string
  args?: { index: number; value: number; op: string }[]
}

interface Profile {
  defaultAction: string
  syscalls: Rule[]
}

const ALLOW = 'SCMP_ACT_ALLOW'
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')
const profile = JSON.parse(read('docker/seccomp.json')) as Profile

/** Returns whether a system call is allowed with this first argument. */
function isAllowed(name: string, argument = 0): boolean {
  const holds = ({ index, value, op }: NonNullable<Rule['args']>[number]): boolean => {
    expect(index).toBe(0)
    if (op === 'SCMP_CMP_LT') return argument < value
    if (op === 'SCMP_CMP_GT') return argument > value
    if (op === 'SCMP_CMP_EQ') return argument === value
    // The value is the mask, and the masked argument has to be 0.
    if (op === 'SCMP_CMP_MASKED_EQ') return Number(BigInt(argument) & BigInt(value)) === 0
    throw new Error(op)
  }
  const rules = profile.syscalls.filter(({ names }) => names.includes(name))
  return rules.some(({ action, args = [] }) => action === ALLOW && args.every(holds))
}

test('denies what it does not name', () => {
  expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO')
})

test("allows nothing but clone3 that Docker's default does not allow a container without capabilities", () => {
  const docker = JSON.parse(read('data/docker-seccomp.json')) as {
    syscalls: (Rule & { includes?: { caps?: string[] } })[]
  }
  const names = (rules: Rule[]): string[] => rules.flatMap((rule) => rule.names)
  const byDefault = new Set(names(docker.syscalls.filter(({ includes }) => includes?.caps === undefined)))
  expect(names(profile.syscalls).filter((name) => !byDefault.has(name))).toEqual([])
  // There it is in a rule that denies it.
  expect(
    docker.syscalls.filter((rule) => rule.names.includes('clone3')).map(({ action }) => action)
  ).toContain('SCMP_ACT_ERRNO')
  expect(isAllowed('clone3')).toBe(true)
})

test.each([
  ...['unshare', 'setns', 'userfaultfd', 'bpf', 'keyctl', 'add_key', 'io_uring_setup', 'mount', 'pivot_root'],
  ...[
    'perf_event_open',
    'open_by_handle_at',
    'chroot',
    'reboot',
    'init_module',
    'kexec_load',
    'kcmp',
    'mbind'
  ],
  ...['clock_settime', 'sethostname', 'swapon', 'acct', 'syslog', 'a_call_of_the_future']
])('denies %s', (name) => {
  expect(isAllowed(name)).toBe(false)
})

test.each([
  ['AF_INET', 2, true],
  ['AF_NETLINK', 16, true],
  ['AF_ALG', 38, false],
  ['AF_NFC', 39, true],
  ['AF_VSOCK', 40, false],
  ['AF_KCM', 41, true]
])('socket with %s', (_, family, allowed) => {
  expect(isAllowed('socket', family)).toBe(allowed)
})

test('clone creates processes and threads, and no namespaces', () => {
  const [SIGCHLD, CLONE_NEWUSER, CLONE_NEWNET] = [17, 0x10000000, 0x40000000]
  expect(isAllowed('clone', SIGCHLD)).toBe(true)
  expect(isAllowed('clone', SIGCHLD | CLONE_NEWUSER)).toBe(false)
  expect(isAllowed('clone', SIGCHLD | CLONE_NEWNET)).toBe(false)
})
