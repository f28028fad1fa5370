import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/lib/errors.js'
import type { InputName } from '../../src/inputs/inputs.js'
import { settled } from '../../src/inputs/settled.js'
import { inputsWith } from '../support/inputs.js'

describe('readInputs', () => {
  test('gives the defaults of action.yml', () => {
    const inputs = inputsWith({})
    expect(inputs).toMatchObject({
      context: '.',
      application: undefined,
      baseImage: 'debian:trixie-slim',
      tags: [],
      push: false,
      javaVersion: { kind: 'latest' },
      cpuFeatures: 'generic',
      port: 8080,
      startupTimeout: 60_000,
      checkpointTimeout: 60_000,
      user: undefined,
      onRestoreFailure: 'start',
      githubToken: undefined,
      ...{ readyUrl: undefined, readyCommand: undefined, readyLog: undefined },
      ...{ maxRestoreTime: undefined, minSpeedup: undefined, maxSnapshotSize: undefined }
    })
    expect(inputs.githubApiUrl.href).toBe('https://api.github.com/')
  })

  test('times no runs if `verify` is false; reads durations, ratios and sizes of budgets', () => {
    expect(inputsWith({}).verifyRuns).toEqual({ least: 2, most: 5 })
    expect(inputsWith({ 'verify-runs': '7' }).verifyRuns).toEqual({ least: 7, most: 7 })
    expect(inputsWith({ verify: 'false', 'verify-runs': '7' }).verifyRuns).toEqual({ least: 0, most: 0 })
    const given = { 'max-restore-time': '200ms', 'min-speedup': '2.5', 'max-snapshot-size': '1.5GB' }
    expect(inputsWith(given)).toMatchObject({
      maxRestoreTime: 200,
      minSpeedup: 2.5,
      maxSnapshotSize: 1_500_000_000
    })
    expect(inputsWith({ 'max-snapshot-size': '2MiB' }).maxSnapshotSize).toBe(2_097_152)
  })

  test.each<[Partial<Record<InputName, string>>, RegExp]>([
    [{ 'verify-runs': '0' }, /between 1 and 100/],
    [{ 'verify-runs': '101' }, /between 1 and 100/],
    [{ 'verify-runs': '2.5' }, /between 1 and 100/],
    [{ 'min-speedup': '0' }, /above 0/],
    [{ 'min-speedup': '3x' }, /above 0/],
    [{ 'max-snapshot-size': '200' }, /a size such as/],
    [{ 'max-snapshot-size': '200 XB' }, /a size such as/],
    [{ 'max-snapshot-size': '0MB' }, /a size such as/],
    [{ 'max-restore-time': '200' }, /a duration such as/],
    [{ 'max-restore-time': '1s', verify: 'false' }, /no value where `verify` is false/],
    [{ 'min-speedup': '3', verify: 'false' }, /no value where `verify` is false/]
  ])('refuses %j', (given, fix) => {
    expect(failureOf(() => inputsWith(given)).fix).toMatch(fix)
  })

  test.each<[InputName, Partial<Record<InputName, string>>]>([
    ['context', { context: 'target' }],
    ['application', { application: 'app.jar' }],
    ['main-class', { 'main-class': 'Main' }],
    ['files', { files: 'a.yml' }],
    ['file', { file: 'Dockerfile' }],
    ['build-args', { 'build-args': 'A=1' }]
  ])('refuses `image` together with `%s`, which says what an image is made of', (name, given) => {
    const failure = failureOf(() => inputsWith({ image: 'acme/hello:1', ...given }))
    expect(failure.message).toContain(`Invalid input \`${name}\``)
    expect(failure.fix).toContain(`either \`image\` or \`${name}\``)
  })

  test('reads `command` with java first, for an image or a Dockerfile', () => {
    const command = `java '-Da=b c' -jar /app/app.jar`
    for (const where of [{ image: 'acme/hello@sha256:1' }, { file: 'Dockerfile' }])
      expect(inputsWith({ command, ...where }).command).toEqual(['java', '-Da=b c', '-jar', '/app/app.jar'])
    expect(failureOf(() => inputsWith({ command })).fix).toContain('together with `image` or `file`')
    expect(failureOf(() => inputsWith({ command: 'sh -c x', image: 'a' })).fix).toContain('java first')
  })

  test('takes the user and the JDK of an image where the inputs name none', () => {
    const javaVersion = { kind: 'major', major: 21 } as const
    const user = { uid: 4711, gid: 0 }
    const of = (given: Partial<Record<InputName, string>>, own: typeof user | undefined) =>
      settled(inputsWith(given), { javaVersion, user: own })
    expect(of({}, user)).toMatchObject({ javaVersion, user })
    expect(of({ user: '7:8' }, user).user).toEqual({ uid: 7, gid: 8 })
    expect(of({}, undefined).user).toEqual({ uid: 10001, gid: 10001 })
    expect(settled(inputsWith({}), undefined)).toMatchObject({
      javaVersion: { kind: 'latest' },
      user: { uid: 10001, gid: 10001 }
    })
  })

  test('reads lists, one entry per line; tags also separated by commas', () => {
    const inputs = inputsWith({
      tags: 'ghcr.io/acme/hello:crac\n ghcr.io/acme/hello:1.0 , localhost:5000/hello \n\n',
      'java-options': '-Xmx256m\n-Dname=a b;$(c)\n',
      arguments: '--a=b c\n',
      env: 'A=1\nB=x=y\nEMPTY=',
      labels: 'org.example.team=orders'
    })
    expect(inputs.tags.map((tag) => tag.text)).toEqual([
      'ghcr.io/acme/hello:crac',
      'ghcr.io/acme/hello:1.0',
      'localhost:5000/hello'
    ])
    expect(inputs.javaOptions).toEqual(['-Xmx256m', '-Dname=a b;$(c)'])
    expect(inputs.arguments).toEqual(['--a=b c'])
    expect(inputs.env).toEqual({ A: '1', B: 'x=y', EMPTY: '' })
    expect(inputs.labels).toEqual({ 'org.example.team': 'orders' })
  })

  test.each<[string, string[]]>([
    ['-Xms32m -Xmx128m', ['-Xms32m', '-Xmx128m']],
    ['-Da=b c', ['-Da=b c']],
    [`-Da='b -c' "-Dd=e f" -Xss1m`, ['-Da=b -c', '-Dd=e f', '-Xss1m']],
    [`-Da="b 'c'" -Xss1m`, [`-Da=b 'c'`, '-Xss1m']],
    ['-Da="" -Db', ['-Da=', '-Db']],
    ['--add-opens java.base/java.lang=ALL-UNNAMED', ['--add-opens', 'java.base/java.lang=ALL-UNNAMED']],
    ['-Xmx1g\t--add-modules a,b\n--enable-preview', ['-Xmx1g', '--add-modules', 'a,b', '--enable-preview']],
    ['-Da=b\\ -Xss1m', ['-Da=b\\', '-Xss1m']]
  ])('splits the line %j of `java-options` as the JVM splits JDK_JAVA_OPTIONS', (line, options) => {
    expect(inputsWith({ 'java-options': line }).javaOptions).toEqual(options)
  })

  test.each([
    ['-Xmx1g app.jar -Da', 'quotation marks'],
    ['-Da=b c -Dd', 'quotation marks'],
    ['-Da="b -Dc', 'not closed'],
    ['-Xmx1g -jar app.jar', '`application` or `main-class`'],
    ['-Xmx1g -XX:CRaCCheckpointTo=/x', 'sets itself']
  ])('refuses the line %j of `java-options`', (line, fix) => {
    expect(failureOf(() => inputsWith({ 'java-options': line })).fix).toContain(fix)
  })

  test('reads the readiness: a URL or path with a status and headers, a command, a line of the log', () => {
    expect(inputsWith({ port: '9000', 'ready-url': '/health -> 204\nX-Probe: yes' }).readyUrl).toEqual({
      method: 'GET',
      target: '/health',
      status: 204,
      headers: { host: 'localhost:9000', 'x-probe': 'yes' }
    })
    expect(inputsWith({ 'ready-url': 'http://localhost:8080/a?b=c' }).readyUrl).toEqual({
      method: 'GET',
      target: '/a?b=c',
      headers: { host: 'localhost:8080' }
    })
    expect(inputsWith({ 'ready-url': 'https://localhost:8443/health' }).readyUrl).toEqual({
      method: 'GET',
      target: '/health',
      tls: true,
      port: 8443,
      headers: { host: 'localhost:8443' }
    })
    expect(
      inputsWith({ port: '8443', 'ready-url': 'https://localhost:8443/' }).readyUrl?.port
    ).toBeUndefined()
    expect(inputsWith({ 'ready-command': 'pg_isready -h "my db" $(id)' }).readyCommand).toEqual([
      'pg_isready',
      '-h',
      'my db',
      '$(id)'
    ])
    expect(
      inputsWith({ 'ready-log': 'Startup completed in \\d+ms' }).readyLog?.test('Startup completed in 12ms')
    ).toBe(true)
  })

  test('reads the network and the host names of the application', () => {
    const { network, addHosts } = inputsWith({
      network: 'github_network_1',
      'add-hosts': 'db:10.0.0.5\nme=host-gateway\nv6:::1'
    })
    expect({ network, addHosts }).toEqual({
      network: 'github_network_1',
      addHosts: ['db:10.0.0.5', 'me:host-gateway', 'v6:::1']
    })
  })

  test.each<[InputName, string, string]>([
    ['push', 'yes', '`true` or `false`'],
    ['port', '0', 'between 1 and 65535'],
    ['port', '8080a', 'between 1 and 65535'],
    ['startup-timeout', '60', 'a duration such as'],
    ['startup-timeout', '7h', 'a duration such as'],
    ['checkpoint-timeout', '0s', 'a duration such as'],
    ['checkpoint-timeout', '999m', 'six hours'],
    ['tags', 'ghcr.io/Acme/hello', 'lower case'],
    ['tags', '--privileged', 'registry/owner/name:tag'],
    ['tags', 'hello:$(id)', 'registry/owner/name:tag'],
    ['java-version', 'newest', 'an exact release'],
    ['java-version', '21;id', 'an exact release'],
    ['distribution', 'temurin', 'one of: crac, zulu, liberica, file'],
    ['jdk-file', 'jdk.tar.gz', 'together with `distribution: file`'],
    ['cpu-features', 'all', '`generic`'],
    ['ready-url', 'https://localhost/health', 'with its port in the container'],
    ['ready-url', '//localhost:8080/', 'with its port in the container'],
    ['ready-url', 'ftp://localhost:8080/', 'an http or https URL'],
    ['ready-url', '/health -> 999', 'an HTTP status'],
    ['ready-url', '/health\nno header', 'headers of the form'],
    ['ready-command', '--privileged x', 'a program in the image'],
    ['ready-log', '(', 'a valid regular expression (Unterminated group)'],
    [
      'ready-log',
      '(?=ready)',
      'a valid regular expression (no lookahead, no lookbehind, no references to groups, at most 1000 repetitions)'
    ],
    ['warmup', 'fetch /x', 'lines such as'],
    ['warmup', 'GET http://elsewhere/', 'lines such as'],
    ['warmup', 'GET / x0', 'between 1 and'],
    ['warmup', 'GET / c1000', 'between 1 and'],
    ['warmup', 'GET / -> OK', 'an HTTP status'],
    ['warmup', 'GET / @a @b', 'at most one body'],
    ['warmup', 'Accept: x', 'lines such as'],
    ['network', 'container:x', 'the name of a Docker network'],
    ['network', 'none', 'the name of a Docker network'],
    ['add-hosts', 'db', 'name:address'],
    ['add-hosts', '--x:1.2.3.4', 'name:address'],
    ['engine', 'sim', 'one of: auto, criu, warp'],
    ['privileges', 'all', 'one of: auto, least, privileged'],
    ['on-unsupported-runner', 'ignore', 'one of: fail, skip, cold'],
    ['user', '0:0', 'other than root'],
    ['user', 'app', 'other than root'],
    ['env', 'NO_VALUE', 'NAME=value'],
    ['env', '#A=b', 'NAME=value'],
    ['env', '-e A=b', 'NAME=value'],
    ['env', 'JDK_JAVA_OPTIONS=-Xint -XX:CRaCMinPid=5', 'sets -XX:CRaCMinPid in JDK_JAVA_OPTIONS'],
    ['warmup', 'CONNECT /x', 'lines such as'],
    ['arguments', 'x'.repeat(60_001), 'entries of at most 60000 bytes each'],
    ['context', 'x'.repeat(4096), 'at most 4095 bytes'],
    ['labels', '=x', 'NAME=value'],
    ['java-options', 'Main', 'leading dash'],
    ['java-options', '-Da=b hunter2 -Dc', '"-Da". Use JVM options, one per line'],
    ['java-options', '-XX:CRaCCheckpointTo=/x', 'the action sets itself'],
    ['java-options', '-XX:CREngine=warp', 'the action sets itself'],
    ['java-options', '-XX:CRaCEngineOptions=args=-v4', 'the action sets itself'],
    ['jdk-sha256', 'abc', '64 hexadecimal digits'],
    ['base-image', '-x', 'the name of an image'],
    ['base-image', 'a b', 'the name of an image'],
    ['on-restore-failure', 'retry', 'one of: start, exit'],
    ['github-api-url', 'file:///etc/passwd', 'URL of a GitHub API'],
    ['context', 'a\0b', 'NUL'],
    ['github-token', 'ghs_hunter2 value', 'not a token'],
    ['application', 'a\nb', 'one path']
  ])('refuses %s = %j before any work', (name, value, expected) => {
    const failure = failureOf(() => inputsWith({ [name]: value }))
    expect(failure.category).toBe('input')
    expect(failure.message).toContain(`\`${name}\``)
    expect(`${failure.message} ${failure.fix}`).toContain(expected)
  })

  test('takes an option whose value is a command line, or has a dash in it', () => {
    const options = ['-XX:OnOutOfMemoryError=kill -Dx %p', '-Dtext=a - b -c']
    expect(inputsWith({ 'java-options': options.join('\n') }).javaOptions).toEqual(options)
  })

  test('refuses a push without a tag', () => {
    expect(failureOf(() => inputsWith({ push: 'true' })).message).toContain('`tags`')
  })

  test('a message about a refused environment variable shows its name, not its value', () => {
    const failure = failureOf(() => inputsWith({ env: 'BAD NAME=hunter2' }))
    expect(failure.message).toContain('BAD NAME')
    expect(failure.message).not.toContain('hunter2')
  })
})

function failureOf(work: () => unknown): Failure {
  try {
    work()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('no input was refused')
}
