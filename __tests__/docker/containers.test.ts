import { afterAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { addressOf, containerEnd, createContainer, type ContainerSpec } from '../../src/docker/containers.js'
import { declaredFlags, privilegeLevels } from '../../src/docker/privileges.js'
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

test('a container gets exactly the flags that it was given, and its environment by a file that is gone afterwards', async () => {
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

describe('how a container is reached', () => {
  const argsOf = async (changes: Partial<ContainerSpec>): Promise<string[]> => {
    const engine = fakeDocker(() => '')
    await createContainer(engine, { ...SPEC, env: {}, ...changes })
    return engine.calls.map(({ args }) =>
      args.join(' ').replace(`--env-file ${work}/c.env ${LOG_DRIVER} `, '')
    )
  }

  test('a remote engine publishes on all addresses, and is called by its own', async () => {
    const reach = { by: 'published port', bind: '0.0.0.0', host: 'docker.example' } as const
    expect((await argsOf({ reach }))[0]).toContain('--publish 0.0.0.0::8080 ')
    const address = await addressOf(
      fakeDocker(() => '0.0.0.0:32768\n[::]:32768'),
      { ...SPEC, reach }
    )
    expect(address).toEqual({ host: 'docker.example', port: 32768 })
  })

  test("a job in a container shares a network with the application, beside the user's own", async () => {
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
    ).toEqual({
      host: '172.18.0.3',
      port: 8080
    })
  })

  test('in the network of the machine the port is where it is', async () => {
    expect(
      await addressOf(
        fakeDocker(() => ''),
        { ...SPEC, network: 'host' }
      )
    ).toEqual({
      host: '127.0.0.1',
      port: 8080
    })
  })
})

describe('the ladder of privileges', () => {
  test('its least level is not privileged, and levels without AppArmor are only where there is AppArmor', () => {
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

  test('an engine that does not know CHECKPOINT_RESTORE is given SYS_ADMIN in its place', () => {
    const level = privilegeLevels('auto', { appArmor: false })[1]
    expect(level?.capability).toBe('sys_admin')
    expect(level && declaredFlags(level)).toContain('--cap-drop ALL --cap-add SYS_ADMIN --cap-add SETPCAP')
  })
})

test('containerEnd tells the exit code, and whether the kernel ended it', async () => {
  const engine = fakeDocker((args) =>
    args[0] === 'wait' ? '137\n' : containerJson({ State: { OOMKilled: true } })
  )
  expect(await containerEnd(engine, 'c')).toEqual({ exitCode: 137, oomKilled: true })
})
