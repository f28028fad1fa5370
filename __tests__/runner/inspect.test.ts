import { describe, expect, test } from '@jest/globals'
import { inspectRunner } from '../../src/runner/inspect.js'
import { fakeEngine } from '../support/fake-engine.js'

const SERVER = { Version: '28.2.2', Os: 'linux', Arch: 'amd64', KernelVersion: '6.17.0' }
const engineWith = (server: object | null) => fakeEngine(() => JSON.stringify({ Client: {}, Server: server }))

describe('inspectRunner', () => {
  test('gives the architecture of the engine, in the words of the JDK archives', async () => {
    expect(await inspectRunner(engineWith(SERVER), 'linux')).toEqual({
      architecture: 'x64',
      engineVersion: '28.2.2',
      kernel: '6.17.0'
    })
    expect(await inspectRunner(engineWith({ ...SERVER, Arch: 'arm64' }), 'linux')).toMatchObject({
      architecture: 'aarch64'
    })
  })

  test.each<[object, string]>([
    [{ ...SERVER, Version: '20.10.24+dfsg1' }, 'CHECKPOINT_RESTORE'],
    [{ ...SERVER, Version: 'dev' }, 'CHECKPOINT_RESTORE'],
    [{ ...SERVER, Os: 'windows' }, 'CRIU needs Linux'],
    [{ ...SERVER, Arch: 's390x' }, 's390x']
  ])('refuses %j', async (server, message) => {
    await expect(inspectRunner(engineWith(server), 'linux')).rejects.toMatchObject({
      kind: 'runner',
      message: expect.stringContaining(message)
    })
  })

  test('refuses another system than Linux before it asks anything', async () => {
    const engine = engineWith(SERVER)
    await expect(inspectRunner(engine, 'darwin')).rejects.toThrow('this runner is darwin')
    expect(engine.calls).toEqual([])
  })

  test('an engine that is not there is told as such', async () => {
    const engine = fakeEngine(() => ({
      exitCode: 1,
      stderr: 'Cannot connect to the Docker daemon at unix:///x'
    }))
    await expect(inspectRunner(engine, 'linux')).rejects.toThrow('No Docker engine answers')
    expect(engine.calls[0]?.options.timeout).toBeLessThan(10_000)
  })
})
