import { afterAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { addressOf, containerEnd, createContainer, type ContainerSpec } from '../../src/docker/containers.js'
import { climb, declaredFlags, privilegeLevels } from '../../src/docker/privileges.js'
import { containerJson, fakeDocker } from '../support/fake-docker.js'

const LOG_DRIVER = '--log-driver local --log-opt compress=false --log-opt max-size=100m --log-opt max-file=2'

const work = mkdtempSync(path.join(tmpdir(), 'containers-test-'))
afterAll(() => rmSync(work, { recursive: true }))

const SPEC: ContainerSpec = {
  name: 'c',
  image: 'i',
  run: '1',
  env: { TOKEN: 'hunter2' },
  work,
  port: 8080,
  flags: [],
  addHosts: [],
  reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' }
}
const [LEAST] = privilegeLevels('least', { appArmor: false })

test('creates a container with exactly the given flags, and its environment in a temporary file', async () => {
  let given = ''
  const engine = fakeDocker((args) => {
    const file = args[args.indexOf('--env-file') + 1] ?? ''
    given = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    return 'id'
  })
  await createContainer(engine, {
    ...SPEC,
    flags: LEAST?.restore('/p.json') ?? [],
    command: ['system/x', '-Da=b']
  })
  const [call] = engine.calls
  expect(call?.args.join(' ')).toBe(
    'create --name c --label io.github.crac-checkpoint.run=1 --publish 127.0.0.1::8080 ' +
      '--cap-drop ALL --cap-add CHECKPOINT_RESTORE --cap-add SETPCAP --security-opt seccomp=/p.json ' +
      `--env-file ${work}/c.env ${LOG_DRIVER} -- i system/x -Da=b`
  )
  expect(given).toBe('TOKEN=hunter2\n')
  expect(call?.options.env).toBeUndefined()
  expect(readdirSync(work)).toEqual([])
})

describe('the address of a container', () => {
  const argsOf = async (changes: Partial<ContainerSpec>): Promise<string[]> => {
    const engine = fakeDocker(() => '')
    await createContainer(engine, { ...SPEC, env: {}, ...changes })
    return engine.calls.map(({ args }) =>
      args.join(' ').replace(`--env-file ${work}/c.env ${LOG_DRIVER} `, '')
    )
  }

  test('is that of a remote Docker engine, which publishes on all its addresses', async () => {
    const reach = { by: 'published port', bind: '0.0.0.0', host: 'docker.example' } as const
    expect((await argsOf({ reach }))[0]).toContain('--publish 0.0.0.0::8080 ')
    const address = await addressOf(
      fakeDocker(() => '0.0.0.0:32768\n[::]:32768'),
      { ...SPEC, reach }
    )
    expect(address).toEqual({ host: 'docker.example', port: 32768 })
  })

  test("is in a shared network for a job in a container, beside the user's own network", async () => {
    const reach = { by: 'network', network: 'job' } as const
    expect(await argsOf({ reach })).toEqual([
      'create --name c --label io.github.crac-checkpoint.run=1 --network job -- i'
    ])
    expect(await argsOf({ reach, network: 'services', addHosts: ['db:10.0.0.5'] })).toEqual([
      'create --name c --label io.github.crac-checkpoint.run=1 --network services --add-host db:10.0.0.5 -- i',
      'network connect job c'
    ])
    expect(
      await addressOf(
        fakeDocker(() =>
          containerJson({ NetworkSettings: { Networks: { job: { IPAddress: '172.18.0.3' } } } })
        ),
        { ...SPEC, reach }
      )
    ).toEqual({ host: '172.18.0.3', port: 8080 })
  })

  test('is that of the machine in its own network', async () => {
    expect(
      await addressOf(
        fakeDocker(() => ''),
        { ...SPEC, network: 'host' }
      )
    ).toEqual({ host: '127.0.0.1', port: 8080 })
  })
})

describe('the privilege levels', () => {
  test('begin without --privileged, and include no-apparmor only where there is AppArmor', () => {
    expect([...(LEAST?.checkpoint ?? []), ...(LEAST?.restore('x') ?? [])].join(' ')).not.toMatch(
      /privileged|SYS_ADMIN/
    )
    expect(privilegeLevels('auto', { appArmor: false }).map(({ level }) => level)).toEqual([
      'least',
      'sys-admin',
      'privileged'
    ])
    expect(privilegeLevels('auto', { appArmor: true }).map(({ level }) => level)).toEqual([
      'least',
      'no-apparmor',
      'sys-admin',
      'privileged'
    ])
    expect(privilegeLevels('privileged', { appArmor: true }).map(declaredFlags)).toEqual(['--privileged'])
  })

  test('include SYS_ADMIN instead of CHECKPOINT_RESTORE', () => {
    const level = privilegeLevels('auto', { appArmor: false })[1]
    expect(level?.capability).toBe('sys_admin')
    expect(level && declaredFlags(level)).toContain('--cap-drop ALL --cap-add SYS_ADMIN --cap-add SETPCAP')
  })
})

describe('climb', () => {
  const levels = privilegeLevels('auto', { appArmor: true })
  const attempt =
    (works: string) =>
    ({ level }: { level: string }, fromHere: unknown[]): Promise<number> =>
      level === works ? Promise.resolve(fromHere.length) : Promise.reject(new Error(level))

  test('returns the first result, and passes the levels from its own on', async () => {
    expect(await climb(levels, attempt('sys-admin'), () => true)).toBe(2)
  })

  test('stops with the error after which more privileges would not help, or with the last one', async () => {
    await expect(climb(levels, attempt(''), (_, { level }) => level === 'least')).rejects.toThrow(
      'no-apparmor'
    )
    await expect(climb(levels, attempt(''), () => true)).rejects.toThrow('privileged')
  })
})

test('containerEnd returns the exit code, and whether the kernel killed the container', async () => {
  const engine = fakeDocker((args) =>
    args[0] === 'wait' ? '137\n' : containerJson({ State: { OOMKilled: true } })
  )
  expect(await containerEnd(engine, 'c')).toEqual({ exitCode: 137, oomKilled: true })
})
