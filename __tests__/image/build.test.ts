import { describe, expect, test } from '@jest/globals'
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { assembleBuildContext } from '../../src/image/build-context.js'
import { buildArgOptions, buildCommand, buildImage, type ImageBuild } from '../../src/image/build.js'
import { buildUserImage } from '../../src/image/user-dockerfile.js'
import { shipped } from '../../src/shipped.js'
import { fakeDocker, imageJson } from '../support/fake-docker.js'
import { tarOf } from '../support/image-archive.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
temporaryFolder((created) => (folder = created))

const build = (): ImageBuild => ({
  context: path.join(folder, 'context'),
  target: 'runtime',
  name: 'crac-checkpoint/run-1:runtime',
  buildArgs: { BASE_IMAGE: 'debian:trixie-slim', UID: '10001' },
  labels: { a: 'b c' },
  uncompressed: false
})

const OWN_BUILD = {
  context: '/context',
  file: '/context/Dockerfile',
  buildArgs: {},
  target: undefined,
  secrets: {},
  ssh: [],
  name: 'a',
  user: '1:1',
  env: {},
  dockerFolder: shipped().dockerFolder
}

test('buildCommand', () => {
  expect(buildCommand(build())).toEqual([
    'build',
    ...['--target', 'runtime'],
    ...['--tag', 'crac-checkpoint/run-1:runtime'],
    '--force-rm',
    ...['--build-arg', 'BASE_IMAGE=debian:trixie-slim'],
    ...['--build-arg', 'UID=10001'],
    ...['--label', 'a=b c'],
    '--',
    path.join(folder, 'context')
  ])
})

test('with containerd, layers are not compressed; the classic builder builds without that option', async () => {
  const engine = fakeDocker((args) => {
    if (args[0] === 'context') return 'default'
    if (args[0] !== 'build') return imageJson({ Id: 'sha256:abc' })
    return args.includes('--output') ? { exitCode: 125, stderr: 'unknown flag: --output\n' } : ''
  })
  expect(await buildImage(engine, { ...build(), uncompressed: true }, {})).toBe('sha256:abc')
  const builds = engine.calls.map(({ args }) => args).filter(([name]) => name === 'build')
  expect(builds.map((args) => args.indexOf('type=image,compression=uncompressed,unpack=true') > 0)).toEqual([
    true,
    false
  ])
})

test('the values of build arguments are not in argv, unless the docker client would read them itself', async () => {
  const buildArgs = {
    NPM_TOKEN: 'tr0ub4dor&4',
    DOCKER_HOST: 'tcp://x',
    PATH: '/x',
    http_proxy: 'http://p',
    LD_PRELOAD: 'x.so'
  }
  const { options, environment } = buildArgOptions(buildArgs)
  expect(options.filter((_, index) => index % 2 === 1)).toEqual([
    'NPM_TOKEN',
    'DOCKER_HOST=tcp://x',
    'PATH=/x',
    'http_proxy=http://p',
    'LD_PRELOAD=x.so'
  ])
  expect(environment).toEqual({ NPM_TOKEN: 'tr0ub4dor&4' })

  const engine = fakeDocker((args) => {
    if (args[0] === 'context') return 'rootless'
    return args[0] === 'build' ? '' : imageJson({ Config: { Entrypoint: ['java', '-jar', '/app.jar'] } })
  })
  const own = {
    ...OWN_BUILD,
    buildArgs,
    target: 'runtime',
    secrets: { maven: 'hunter2-of-maven' },
    ssh: ['default']
  }
  await buildUserImage({ docker: engine, id: 'r', work: folder }, own, {})
  const call = engine.calls.find(({ args }) => args[0] === 'build')
  expect(call?.args.join(' ')).not.toContain('tr0ub4dor')
  expect(call?.options.env).toEqual({
    NPM_TOKEN: 'tr0ub4dor&4',
    CRAC_BUILD_SECRET_0: 'hunter2-of-maven',
    BUILDX_BUILDER: 'rootless'
  })
  const words = call?.args ?? []
  expect(words.join(' ')).toContain(
    '--target runtime --secret id=maven,env=CRAC_BUILD_SECRET_0 --ssh default --'
  )
})

describe('a build of the Dockerfile of the user that fails', () => {
  test.each([
    [
      '#5 [2/3] RUN mvn package\n#5 0.1 [ERROR] no pom\n#5 ERROR: process "/bin/sh -c mvn package" did not complete successfully: exit code: 1',
      '`RUN mvn package` ended with exit code 1: [ERROR] no pom.'
    ],
    [
      'ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref x: "/target/app.jar": not found',
      '"/target/app.jar": not found.'
    ],
    [
      'ERROR: failed to solve: target stage "runtime" could not be found',
      'target stage "runtime" could not be found.'
    ],
    ['ERROR: failed to solve: secret maven: not found', 'secret maven: not found.'],
    [
      'COPY failed: file not found in build context or excluded by .dockerignore: stat target/app.jar: file does not exist',
      'COPY failed: file not found in build context'
    ],
    [
      'ERROR: failed to solve: dockerfile parse error on line 2: unknown instruction: RNU',
      'on line 2: unknown instruction: RNU.'
    ],
    [
      'ERROR: failed to solve: a: failed to resolve source metadata for x: pull access denied',
      'could not be pulled.'
    ]
  ])('%j: the message has its cause', async (stderr, message) => {
    const engine = fakeDocker((args) => (args[0] === 'context' ? 'default' : { exitCode: 1, stderr }))
    const failed = await buildUserImage({ docker: engine, id: 'r', work: folder }, OWN_BUILD, {}).catch(
      (error: unknown) => error
    )
    expect(String((failed as Error).message)).toContain(message)
    expect(String((failed as Error).message)).not.toContain('docker build failed')
  })
})

describe('an entry point in front of java', () => {
  const start = async (entrypoint: string[], script = '', env: string[] = []) => {
    const archive = await tarOf({ file: script })
    const missing = { exitCode: 1, stderr: 'Error response from daemon: Could not find the file' }
    const engine = fakeDocker((args) => {
      if (args[0] === 'cp') return script === '' ? missing : archive.toString('latin1')
      if (args[0] === 'context') return 'default'
      const Config = { Entrypoint: entrypoint, Cmd: ['java', '-jar', 'app.jar'], Env: env }
      // This image has no shell.
      if (args.includes('crac-checkpoint/run-r:start')) return { exitCode: 1, stderr: 'no /bin/sh' }
      return args[0] === 'build' ? '' : imageJson({ Config })
    })
    return await buildUserImage({ docker: engine, id: 'r', work: folder }, OWN_BUILD, {})
  }

  test.each([
    [['/__cacert_entrypoint.sh'], ''],
    [['/usr/bin/tini', '-g', '--'], ''],
    [['dumb-init', '--', '/docker-entrypoint.sh'], '#!/bin/sh\nset -e\nmkdir -p /tmp/x\nexec "$@"\n'],
    [['/init.sh'], '#!/bin/sh\nexec gosu app "$@"\n']
  ])('%j is left out, and the log says so', async (entrypoint, script) => {
    const found = await start(entrypoint, script)
    expect(found.application.command).toEqual(['-jar', 'app.jar'])
    expect(found.notes[0]).toBe(
      `${entrypoint.join(' ')} is left out of the start command: the entry script of the image starts java.`
    )
  })

  test('what certificates temurin would import is named', async () => {
    const { notes } = await start(['/__cacert_entrypoint.sh'], '', ['USE_SYSTEM_CA_CERTS=1'])
    expect(notes.join()).toContain('USE_SYSTEM_CA_CERTS has no effect')
  })

  test.each([
    [['/start.sh'], '#!/bin/sh\nexport PROFILE=x\nexec "$@"\n'],
    [['/start.sh'], '#!/bin/sh\n[ -e /x ] || sleep 5\njava -jar app.jar\n'],
    [['/usr/local/bin/launcher'], '']
  ])('%j that does more, or cannot be read, is refused', async (entrypoint, script) => {
    await expect(start(entrypoint, script)).rejects.toThrow(`starts with ${entrypoint[0]}, not with java`)
  })

  test('java behind no other word has no notes', async () => {
    expect((await start([])).notes).toEqual([])
  })
})

describe('buildImage', () => {
  test("gives the engine's id for it", async () => {
    const engine = fakeDocker((args) => {
      if (args[0] === 'context') return 'rootless'
      return args[1] === 'inspect' && args.at(-1) === build().name ? imageJson({ Id: 'sha256:abc' }) : ''
    })
    expect(await buildImage(engine, build(), {})).toBe('sha256:abc')
    // Whatever builder the user has chosen: the one of the engine sees its images.
    expect(engine.calls[1]?.options.env).toEqual({ BUILDX_BUILDER: 'rootless' })
  })

  test.each([
    ['#9 0.2 crac-checkpoint: NO-PLACE: /opt/crac-java', 'image', '/opt/crac-java is there'],
    ['#9 0.2 crac-checkpoint: NO-CRAC: openjdk version "21.0.2"', 'jdk', 'openjdk version "21.0.2"'],
    [
      'ERROR: pull access denied, repository does not exist',
      'image',
      'debian:trixie-slim could not be pulled'
    ],
    ['#9 crac-checkpoint: NO-ENGINE: warp (available: criu)', 'jdk', 'no engine warp'],
    ['manifest for debian:none not found: manifest unknown', 'image', 'could not be pulled'],
    ['RUN exit 1 failed', 'runner', 'docker build failed'],
    [
      '#7 ERROR: process "/bin/sh -c /build/x.sh" did not complete successfully: exit code: 1: write /x: no space left on device',
      'runner',
      "Docker's disk is full"
    ],
    [
      '#7 1.2 crac-checkpoint: NO-CRIU: the base image (Ubuntu 24.04) has no criu, and neither has its package archive, and the JDK has none either',
      'image',
      'CRIU is not available: the base image (Ubuntu 24.04) has no criu'
    ],
    [
      '#7 1.2 crac-checkpoint: NO-PACKAGES: apt-get update of the base image (Debian 13) ended with exit code 100: E: x',
      'image',
      'The base image cannot install packages: apt-get update of the base image (Debian 13)'
    ],
    [
      '#7 [tools 3/9] RUN /build/prepare-jdk.sh "auto"\n#7 0.212 tar: short read\n#7 ERROR: process "/bin/sh -c /build/prepare-jdk.sh \\"$ENGINE\\"" did not complete successfully: exit code: 2\nERROR: failed to solve: process "/bin/sh -c /build/prepare-jdk.sh \\"$ENGINE\\"" did not complete successfully: exit code: 2',
      'image',
      'ended with exit code 2: tar: short read'
    ],
    ["The command '/bin/sh -c /build/x.sh' returned a non-zero code: 137", 'runner', 'the memory is full'],
    [
      'ERROR: failed to solve: runc run failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory',
      'image',
      'The base image has no shell'
    ],
    [
      'ERROR: failed to solve: cannot replace to directory /var/lib/docker/overlay2/ab12/merged/opt/crac-java with file',
      'image',
      'could not add its files to the base image: /opt/crac-java'
    ]
  ])('%s is of class %s', async (stderr, category, message) => {
    const engine = fakeDocker((args) => (args[0] === 'context' ? 'default' : { exitCode: 1, stderr }))
    await expect(buildImage(engine, build(), {})).rejects.toMatchObject({
      category,
      message: expect.stringContaining(message)
    })
  })
})

test('assembleBuildContext lays out what the Dockerfile copies, one word a line', async () => {
  const at = (name: string): string => path.join(folder, name)
  for (const name of ['tools', 'image', 'checkpoint']) await mkdir(at(`docker/${name}`), { recursive: true })
  for (const name of ['Dockerfile', 'seccomp.json', 'image/entrypoint.sh', 'checkpoint/checkpoint.sh'])
    await writeFile(at(`docker/${name}`), name)
  await writeFile(at('jdk'), 'archive')
  await mkdir(at('libs'))
  await writeFile(at('libs/a.jar'), 'a')
  await writeFile(at('app.jar'), 'app')
  await mkdir(at('classes'))
  await assembleBuildContext(at('context'), {
    dockerFolder: at('docker'),
    jdkArchive: at('jdk'),
    application: {
      layout: 'jar',
      description: '',
      mainClass: 'Main',
      command: ['-jar', '/app/app.jar'],
      dependencies: new Map([[at('libs'), 'libs']]),
      classes: new Map([
        [at('app.jar'), 'app.jar'],
        [at('classes'), 'WEB-INF/classes.jar']
      ]),
      packed: new Set([at('classes')]),
      files: new Map([
        ['/home/app/config/a.yml', at('libs/a.jar')],
        ['/app/beside.yml', at('jdk')]
      ])
    },
    javaOptions: ['-Da=$(id) b', '-Dspring.context.checkpoint=onRefresh', '-Xmx1g'],
    arguments: [],
    resourcePolicies: 'type: file\npath: /a\naction: close\n',
    cpuFeatures: 'generic',
    ownOptions: ['JAVA_OPTS=-Xmx64m']
  })
  const read = async (name: string): Promise<string> => await readFile(at(`context/${name}`), 'utf8')
  expect(await read('Dockerfile')).toBe('Dockerfile')
  expect(await read('jdk.tar.gz')).toBe('archive')
  expect(await read('trees/dependencies/app/libs/a.jar')).toBe('a')
  expect(await read('trees/classes/app/app.jar')).toBe('app')
  expect(await read('trees/working/config/a.yml')).toBe('a')
  expect(await read('trees/classes/app/beside.yml')).toBe('archive')
  expect(await read('trees/classes/app/WEB-INF/classes.jar')).toMatch(/^PK/)
  // A normal start takes no checkpoint.
  expect(await read('trees/checkpoint/opt/crac-checkpoint/checkpoint-options')).toBe(
    '-Dspring.context.checkpoint=onRefresh\n-Djdk.crac.resource-policies=/opt/crac-checkpoint/resource-policies.yaml\n'
  )
  // The JVM reads the rules at the restore again.
  expect(await read('trees/launch/opt/crac-checkpoint/resource-policies.yaml')).toContain('path: /a\n')
  expect(await read('trees/launch/opt/crac-checkpoint/java-options')).toBe('-Da=$(id) b\n-Xmx1g\n')
  expect(await read('trees/launch/opt/crac-checkpoint/application')).toBe('-jar\n/app/app.jar\n')
  expect(await read('trees/launch/opt/crac-checkpoint/arguments')).toBe('')
  expect(await read('trees/launch/opt/crac-checkpoint/main-class')).toBe('Main\n')
  expect(await read('trees/launch/opt/crac-checkpoint/own-options')).toBe('JAVA_OPTS=-Xmx64m\n')
  expect(await read('trees/launch/opt/crac-checkpoint/cpu-features')).toBe('generic\n')
  // The same content gives the same layer everywhere; files of the application keep their times, for browsers.
  const time = async (name: string): Promise<Date> => (await stat(at(`context/trees/${name}`))).mtime
  expect((await time('dependencies/app/libs/a.jar')).getUTCFullYear()).toBeLessThan(2000)
  expect((await time('classes/app')).getUTCFullYear()).toBe(1980)
  expect((await time('classes/app/app.jar')).getUTCFullYear()).toBeGreaterThan(2000)
})

test('a file of the same size and other content has another time: the engine would take it for the old one', async () => {
  const at = (name: string): string => path.join(folder, name)
  for (const name of ['tools', 'image', 'checkpoint']) await mkdir(at(`docker/${name}`), { recursive: true })
  for (const name of ['Dockerfile', 'seccomp.json']) await writeFile(at(`docker/${name}`), name)
  await writeFile(at('jdk'), 'archive')
  const times: number[] = []
  const classTimes: number[] = []
  for (const [index, option] of ['-Dhook=fail', '-Dhook=hang', '-Dhook=fail'].entries()) {
    const context = at(`context-${index}`)
    // A class of a build whose times are always the same.
    await writeFile(at('Main.class'), option)
    await utimes(at('Main.class'), 1e9, 1e9)
    await assembleBuildContext(context, {
      dockerFolder: at('docker'),
      jdkArchive: at('jdk'),
      application: {
        layout: 'jar',
        description: '',
        mainClass: '',
        command: [],
        dependencies: new Map(),
        classes: new Map([[at('Main.class'), 'Main.class']]),
        packed: new Set(),
        files: new Map()
      },
      javaOptions: [option],
      arguments: [],
      resourcePolicies: undefined,
      cpuFeatures: 'generic',
      ownOptions: []
    })
    classTimes.push((await stat(path.join(context, 'trees/classes/app/Main.class'))).mtimeMs)
    times.push((await stat(path.join(context, 'trees/launch/opt/crac-checkpoint/java-options'))).mtimeMs)
  }
  expect(classTimes[0]).not.toBe(classTimes[1])
  expect(classTimes.map((time) => Math.floor(time / 1000))).toEqual([1e9, 1e9, 1e9])
  expect(times[0]).not.toBe(times[1])
  expect(times[0]).toBe(times[2])
})
