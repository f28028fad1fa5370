import { describe, expect, test } from '@jest/globals'
import type { ImageConfig } from '../../src/docker/inspect.js'
import { idsIn } from '../../src/image/user-ids.js'
import { checkContract, OF_DOCKERFILE } from '../../src/image/contract.js'
import { checkUser } from '../../src/image/user-dockerfile.js'

const JAVA = ['java', '-Xmx256m', '-cp', '/srv/lib/*', 'com.acme.Main', 'serve']
const check = (config: ImageConfig['Config']) =>
  checkContract(config, [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])], OF_DOCKERFILE)

describe('the contract of a Dockerfile', () => {
  test('the words of ENTRYPOINT and CMD behind java are what the JVM runs', () => {
    expect(check({ Entrypoint: JAVA.slice(0, 5), Cmd: JAVA.slice(5), WorkingDir: '/srv' })).toMatchObject({
      application: { command: JAVA.slice(1), mainClass: 'com.acme.Main' },
      workingDirectory: '/srv'
    })
    expect(check({ Cmd: ['/usr/bin/java', '-jar', 'app.jar'], User: '10001' })).toMatchObject({
      application: { command: ['-jar', 'app.jar'], mainClass: '' },
      workingDirectory: '/'
    })
  })

  test('the description has no values of properties and no arguments, which may be secrets', () => {
    const options = ['java', '-Dp=hunter2xyz', '-Xmx1g']
    const [jar, main] = [
      ['-jar', 'a.jar', '--token', 'hunter2xyz'],
      ['-cp', 'a.jar', 'com.acme.Main', 'hunter2xyz']
    ].map((words) => check({ Cmd: [...options, ...words] }).application.description)
    expect(jar).toContain('(java -Dp=... -Xmx1g -jar a.jar)')
    expect(main).toContain('(java -Dp=... -Xmx1g -cp a.jar com.acme.Main)')
  })

  test.each<[string, ImageConfig['Config'], string]>([
    ['no command', {}, 'has neither ENTRYPOINT nor CMD'],
    ['the shell form', { Entrypoint: ['/bin/sh', '-c', 'java -jar app.jar | tee log'] }, 'through a shell'],
    ['a script', { Entrypoint: ['/start.sh'] }, 'starts with /start.sh, not with java'],
    [
      'an option of CRaC',
      { Entrypoint: ['java', '-XX:CRaCCheckpointTo=/cr', '-jar', 'a'] },
      'sets -XX:CRaCCheckpointTo'
    ],
    [
      'one in the environment',
      { Cmd: JAVA, Env: ['PATH=/bin', 'JAVA_TOOL_OPTIONS=-Xint -XX:CRaCMinPid=5'] },
      'sets -XX:CRaCMinPid in JAVA_TOOL_OPTIONS'
    ],
    ['a volume over the snapshot', { Cmd: JAVA, Volumes: { '/opt/': {} } }, 'has a VOLUME on /opt/'],
    ['a volume within /tmp', { Cmd: JAVA, Volumes: { '/tmp/cache': {} } }, 'has a VOLUME on /tmp/cache'],
    ['an argument without text', { Cmd: ['java', '-jar', 'a.jar', ''] }, 'without text, behind a.jar'],
    [
      'an argument of two lines',
      { Cmd: ['java', '-Da=b\nc', '-jar', 'a'] },
      'with a line break, behind java'
    ],
    ['ONBUILD', { Cmd: JAVA, OnBuild: ['RUN x'] }, 'has ONBUILD']
  ])('refuses %s', (_, config, message) => {
    expect(() => check(config)).toThrow(message)
  })

  test('a USER with the ids of the input `user` is fine, and the message has the ids of another one', () => {
    for (const own of ['', 'root', '10001', '10001:10001']) checkUser(own, '10001:10001', undefined)
    checkUser('spring', '999:998', '999:998')
    expect(() => checkUser('spring', '10001:10001', '999:998')).toThrow('the user spring (999:998).')
    expect(() => checkUser('1001', '10001:10001', '1001:0')).toThrow('runs as the user 1001 (1001:0).')
  })

  test.each([
    ['spring', '999:998'],
    ['spring:staff', '999:50'],
    ['999', '999:998'],
    ['4711', '4711:0'],
    ['4711:staff', '4711:50'],
    ['nobody', undefined],
    ['spring:none', undefined]
  ])('the ids of USER %s are %s', (user, ids) => {
    const text =
      'root:x:0:0:root:/root:/bin/bash\nspring:x:999:998::/home/spring:/bin/sh\nroot:x:0:\nspring:x:998:\nstaff:x:50:a,b\n'
    expect(idsIn(text, user)).toBe(ids)
  })

  test('other volumes and harmless variables are fine', () => {
    const config = { Cmd: JAVA, Volumes: { '/data': {}, '/tmpfiles': {} }, Env: ['JAVA_TOOL_OPTIONS=-Xint'] }
    expect(check(config).application.layout).toBe('dockerfile')
  })
})
