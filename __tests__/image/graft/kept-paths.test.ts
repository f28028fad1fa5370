import { describe, expect, test } from '@jest/globals'
import { keptPaths, type StartOfApplication } from '../../../src/image/graft/kept-paths.js'

describe('of the files of an image, those of the application are kept:', () => {
  const keeps = (start: Partial<StartOfApplication>, file: string): boolean =>
    keptPaths({
      ...{ words: [], workingDirectory: '/', environment: {}, volumes: [] },
      javaHome: '/opt/java/openjdk',
      ...start
    })(file)

  test.each(['/app', '/app/lib/a.jar', '/opt/java', '/home/me/config.yml', '/data', '/etcetera/a', '/a.jar'])(
    '%s, outside of the folders of the system',
    (file) => expect(keeps({}, file)).toBe(true)
  )

  test.each([
    ...['/usr/lib/x.so', '/etc/passwd', '/var/lib/a', '/tmp/a', '/root/.profile', '/lib/a', '/.dockerenv'],
    ...['/opt/java/openjdk', '/opt/java/openjdk/bin/java']
  ])('not %s, of the system or of its Java', (file) => expect(keeps({}, file)).toBe(false))

  test.each<[string, Partial<StartOfApplication>, string]>([
    ['the folder of a jar', { words: ['-jar', '/usr/app/a.jar'] }, '/usr/app/lib/b.jar'],
    ['a folder of its own between programs', { words: ['-jar', '/usr/local/app/a.jar'] }, '/usr/local/app/b'],
    ['a jar between programs', { words: ['-jar', '/usr/local/lib/a.jar'] }, '/usr/local/lib/a.jar'],
    ['a part of the class path', { words: ['-cp', '/usr/app/classes:/x', 'A'] }, '/usr/app/classes/A.class'],
    ['all jars of a folder', { words: ['-cp', '/usr/share/app/*', 'A'] }, '/usr/share/app/a.jar'],
    ['a property', { words: ['-Dconfig=file:/etc/app/a.yml', 'A'] }, '/etc/app/a.yml'],
    ['an agent', { words: ['-javaagent:/usr/local/agent/a.jar=x=1', 'A'] }, '/usr/local/agent/a.jar'],
    ['the working folder', { workingDirectory: '/usr/src/app' }, '/usr/src/app/config/a.yml'],
    ['a jar in the home of root', { workingDirectory: '/root', words: ['-jar', 'a.jar'] }, '/root/a.jar'],
    ['a variable', { environment: { SPRING_CONFIG_LOCATION: '/etc/app/' } }, '/etc/app/a.yml'],
    ['a volume', { volumes: ['/var/lib/orders'] }, '/var/lib/orders']
  ])('%s in a folder of the system', (_, start, file) => {
    expect(keeps({}, file)).toBe(false)
    expect(keeps(start, file)).toBe(true)
  })

  test.each<[string, Partial<StartOfApplication>, string]>([
    [
      'what is beside a jar between programs',
      { words: ['-jar', '/usr/local/lib/a.jar'] },
      '/usr/local/lib/b'
    ],
    ['a whole folder of the system', { words: ['-Djava.io.tmpdir=/tmp', '-Dx=/usr/lib'] }, '/usr/lib/x.so'],
    ['a device', { words: ['-Djava.security.egd=file:/dev/./urandom'] }, '/dev/urandom'],
    ['what PATH has', { environment: { PATH: '/usr/tools/bin' } }, '/usr/tools/bin/a'],
    ['the whole image', { workingDirectory: '/', words: ['.', '..'] }, '/usr/lib/x.so']
  ])('not %s', (_, start, file) => expect(keeps(start, file)).toBe(false))
})
