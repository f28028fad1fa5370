import { expect, test } from '@jest/globals'
import { containerEnd, createContainer, publishedPort } from '../../src/engine/containers.js'
import { CHECKPOINT_FLAGS, restoreFlags } from '../../src/engine/privileges.js'
import { fakeEngine } from '../support/fake-engine.js'

const SPEC = { name: 'c', image: 'i', run: '1', env: { TOKEN: 'hunter2' }, port: 8080 }

test('a container gets exactly the flags that it was given, and no value of its environment in argv', async () => {
  const engine = fakeEngine(() => 'id')
  await createContainer(engine, { ...SPEC, flags: restoreFlags('/p.json') })
  const [call] = engine.calls
  expect(call?.args.join(' ')).toBe(
    'create --name c --label io.github.crac-checkpoint.run=1 --publish 127.0.0.1::8080 ' +
      '--cap-drop ALL --cap-add CHECKPOINT_RESTORE --cap-add SETPCAP --security-opt seccomp=/p.json --env TOKEN -- i'
  )
  expect(call?.options.env).toEqual({ TOKEN: 'hunter2' })
})

test('nothing is privileged', () => {
  expect([...CHECKPOINT_FLAGS, ...restoreFlags('x')].join(' ')).not.toMatch(/privileged|SYS_ADMIN/)
})

test('containerEnd tells the exit code, and whether the kernel ended it', async () => {
  const engine = fakeEngine((args) => (args[0] === 'wait' ? '137\n' : 'true\n'))
  expect(await containerEnd(engine, 'c')).toEqual({ exitCode: 137, oomKilled: true })
})

test('publishedPort takes the first of several addresses', async () => {
  expect(
    await publishedPort(
      fakeEngine(() => '127.0.0.1:32768\n[::1]:32769'),
      'c',
      8080
    )
  ).toBe(32768)
})
