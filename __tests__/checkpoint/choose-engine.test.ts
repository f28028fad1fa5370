import { describe, expect, test } from '@jest/globals'
import {
  chooseEngine,
  engineName,
  type EngineInputs,
  type TrialHost
} from '../../src/checkpoint/choose-engine.js'
import { parseTrials } from '../../src/checkpoint/trials.js'
import { privilegeLevels } from '../../src/docker/privileges.js'
import { fakeDocker, type Reply } from '../support/fake-docker.js'
import { quietLog } from '../support/quiet-log.js'

const VDSO = '(00.025701) Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds'
const AMX =
  "(00.011875) Error (compel/arch/x86/src/lib/infect.c:413): Can't set FPU registers for 10: Bad address"
const SECCOMP =
  '(00.024197) Error (compel/src/lib/ptrace.c:27): suspending seccomp failed: Operation not permitted'
const GOOD = '(00.03) Dumping finished successfully'

const trial = (kind: string, version: string, log: string, code: number): string =>
  `crac-checkpoint: trial of ${kind} ${version}\n${log}\ncrac-checkpoint: trial of ${kind} ended with ${code}\n`
const output = (...trials: string[]): string => `crac-checkpoint: engines criu warp\n${trials.join('')}`

const HOST: TrialHost = { kernel: '6.18.0', amx: true, glibc: '2.41', containerStart: 300 }

function choose(
  reply: (flags: string) => Reply,
  request: Partial<EngineInputs> = {},
  host: TrialHost = HOST
) {
  const lines: string[] = []
  const docker = fakeDocker((args) => reply(args.join(' ')))
  const levels = privilegeLevels('auto', { appArmor: false })
  const chosen = chooseEngine(
    { id: '1', docker, log: quietLog(lines) },
    { engine: 'auto', criu: 'auto', ...request },
    levels,
    host
  )
  return { chosen, lines, docker }
}

describe('chooseEngine', () => {
  test("chooses the base image's CRIU, with the reason, where a new kernel breaks the JDK's own", async () => {
    const { chosen } = choose(() =>
      output(trial('bundled', '3.17.1', VDSO, 1), trial('system', '4.1.1', GOOD, 0))
    )
    expect(await chosen).toMatchObject({
      name: 'criu',
      kind: 'system',
      version: '4.1.1',
      why: expect.stringContaining('3.17.1')
    })
  })

  test("chooses the JDK's own where only that works, and where the input says so", async () => {
    const { chosen } = choose(() =>
      output(trial('bundled', '3.17.1', GOOD, 0), trial('system', '3.17', VDSO, 1))
    )
    expect(await chosen).toMatchObject({ kind: 'bundled' })
    const both = () => output(trial('bundled', '3.17.1', GOOD, 0), trial('system', '4.1.1', GOOD, 0))
    expect(await choose(both, { criu: 'bundled' }).chosen).toMatchObject({
      kind: 'bundled',
      why: '`criu: bundled`'
    })
    expect(await choose(both).chosen).toMatchObject({ kind: 'system' })
  })

  test("takes the CRIU of criu-image where the base image's fails, and says why", async () => {
    const trials = [trial('bundled', '3.17.1', VDSO, 1), trial('image', '4.2.1', GOOD, 0)]
    const { chosen, lines } = choose(() => output(...trials, trial('system', '3.17.2', VDSO, 1)))
    const engine = await chosen
    expect(engine).toMatchObject({ kind: 'image', version: '4.2.1' })
    expect(engineName(engine, privilegeLevels('auto', { appArmor: false })[0])).toBe(
      'image/checkpoint_restore'
    )
    expect(lines).toContainEqual(expect.stringMatching(/^The base image's CRIU 3\.17\.2, with .* vDSO/))
    expect(lines.at(-1)).toMatch(/^Using CRIU 4\.2\.1 \(image\): the system one \(3\.17\.2\) fails here: /)
  })

  test("prefers the base image's CRIU where all work", async () => {
    const trials = ['bundled', 'image', 'system'].map((kind) => trial(kind, '4.1.1', GOOD, 0))
    expect(await choose(() => output(...trials)).chosen).toMatchObject({
      kind: 'system',
      why: 'all work here, and it is preferred'
    })
  })

  test('refuses a runner where none works, without a retry with more privileges that cannot help', async () => {
    const { chosen, docker } = choose(() => output(trial('bundled', '3.17.1', AMX, 1)), { criu: 'bundled' })
    await expect(chosen).rejects.toMatchObject({ category: 'runner', signature: { id: 'criu-amx-xsave' } })
    expect(docker.calls).toHaveLength(1)
  })

  test('a failure names what is known of this version of CRIU on this kernel', async () => {
    const trials = () => output(trial('system', '3.17.1', VDSO, 1))
    await expect(choose(trials, {}, { ...HOST, amx: false }).chosen).rejects.toMatchObject({
      evidence: expect.stringMatching(
        /^known: CRIU before 4\.1 on kernel 6\.13 and newer: it does not know the vDSO/
      )
    })
  })

  test('the abort for UDP-Lite on kernel 7.1 is recognised, and the fix is a newer CRIU', async () => {
    const lines =
      '(00.004399) sockets: Sockets collect procedure family AF_INET6 proto IPPROTO_UDPLITE: -2\n' +
      '(00.008801) Error (criu/cr-dump.c:2128): Dumping FAILED.'
    const { chosen } = choose(
      () => output(trial('system', '4.1.1', lines, 1)),
      {},
      { ...HOST, kernel: '7.3.4' }
    )
    await expect(chosen).rejects.toMatchObject({
      signature: { id: 'criu-udplite' },
      fix: expect.stringContaining('CRIU 4.2.1 or newer'),
      evidence: expect.stringContaining('kernel 7.1 and newer')
    })
  })

  test('on kernel 7.3, a CRIU that works is used, whatever its version', async () => {
    const { chosen } = choose(
      () => output(trial('system', '4.1.1', GOOD, 0)),
      {},
      { ...HOST, kernel: '7.3.4' }
    )
    expect(await chosen).toMatchObject({ kind: 'system', version: '4.1.1' })
  })

  test('the trials have more time where the first container started slowly', async () => {
    const trials = () => output(trial('system', '4.1.1', GOOD, 0))
    const fast = choose(trials)
    const slow = choose(trials, {}, { ...HOST, containerStart: 15_000 })
    await Promise.all([fast.chosen, slow.chosen])
    expect(fast.docker.calls[0]?.args.at(-1)).toBe('10')
    expect(slow.docker.calls[0]?.args.at(-1)).toBe('45')
    expect(slow.docker.calls[0]?.options.timeout).toBe(180_000)
  })

  test('retries with more privileges where they may help, and logs the reason', async () => {
    const { chosen, docker, lines } = choose((flags) =>
      output(
        flags.includes('--privileged')
          ? trial('system', '4.1.1', GOOD, 0)
          : trial('system', '4.1.1', SECCOMP, 1)
      )
    )
    const engineChosen = await chosen
    expect(engineChosen.name === 'criu' && engineChosen.privileges.map(({ level }) => level)).toEqual([
      'privileged'
    ])
    expect(docker.calls).toHaveLength(3)
    expect(lines[0]).toContain('with privilege level least: ')
    expect(docker.calls.map(({ args }) => args.at(-2))).toEqual([
      'checkpoint_restore',
      'sys_admin',
      'checkpoint_restore'
    ])
  })

  test('reports that CRIU hangs', async () => {
    const { chosen } = choose(() => output(trial('system', '4.1.1', '', 137)))
    await expect(chosen).rejects.toThrow('it hung')
  })

  test('reports a missing CRIU', async () => {
    const { chosen } = choose(() => output(trial('system', '4.1.1', GOOD, 0)), { criu: 'bundled' })
    await expect(chosen).rejects.toMatchObject({
      category: 'jdk',
      message: expect.stringContaining('no CRIU of its own')
    })
  })

  test('chooses Warp without a trial, where the input says so or the JDK has nothing else', async () => {
    const { chosen, docker } = choose(() => '', { engine: 'warp' })
    expect(await chosen).toEqual({ name: 'warp' })
    expect(docker.calls).toEqual([])
    expect(await choose(() => 'crac-checkpoint: engines warp\n').chosen).toEqual({ name: 'warp' })
    expect(engineName({ name: 'warp' }, undefined)).toBe('warp')
  })

  test('retries with the next privilege level where Docker refuses one', async () => {
    const { chosen } = choose((flags) =>
      flags.includes('CHECKPOINT_RESTORE')
        ? {
            exitCode: 125,
            stderr: 'docker: Error: invalid CapAdd: unknown capability: "CAP_CHECKPOINT_RESTORE"'
          }
        : output(trial('system', '4.1.1', GOOD, 0))
    )
    const found = await chosen
    expect(engineName(found, found.name === 'criu' ? found.privileges[0] : undefined)).toBe(
      'system/sys_admin'
    )
  })
})

test('parseTrials ignores other output', () => {
  expect(parseTrials('crac-checkpoint: trial of system 4\nno end')).toEqual([])
})
