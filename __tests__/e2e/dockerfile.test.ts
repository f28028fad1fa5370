import { afterEach, beforeEach, expect } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  available,
  docker,
  e2eSuite,
  engineContents,
  errorOf,
  freshTag,
  labTest,
  pulledAgain,
  runAction,
  untilLogged,
  withStarted,
  world
} from './support/lab.js'

e2eSuite("a Dockerfile of the user's own", ['Server'], ({ context }) => {
  let image: string
  beforeEach(() => {
    image = freshTag('dockerfile')
  })
  afterEach(() => {
    if (available) docker('image', 'rm', '--force', image)
  })

  const run = async (lines: string[], inputs: Record<string, string> = {}) => {
    const dockerfile = ['ARG BASE', 'FROM ${BASE} AS runtime', ...lines]
    writeFileSync(path.join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`)
    return await runAction(
      { context, file: 'Dockerfile', 'build-args': `BASE=${world.baseImage}`, tags: image, ...inputs },
      { workspace: context }
    )
  }

  labTest('is built, checkpointed and restored with its own settings, and nothing else is left', async () => {
    const before = engineContents()
    const lines = [
      // Where eclipse-temurin has its JDK, and its entry point.
      'ENV GIVEN=by-the-dockerfile JAVA_OPTS=-Dother=x JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$PATH spring.datasource.url=jdbc:x',
      'RUN mkdir -p /opt/java/openjdk/bin && ln -s /bin/false /opt/java/openjdk/bin/java',
      `RUN printf '#!/bin/sh\\nexec "$@"\\n' >/__cacert_entrypoint.sh && chmod 0755 /__cacert_entrypoint.sh`,
      'RUN --mount=type=secret,id=maven test "$(wc -c </run/secrets/maven)" = 17',
      'WORKDIR /srv/application',
      'COPY app.jar ./',
      'HEALTHCHECK --interval=1s CMD true',
      'ENTRYPOINT ["/__cacert_entrypoint.sh"]',
      // The most usual form of all: docker passes it to a shell.
      `CMD exec java $JAVA_OPTS '-Dgiven=by the entry point' -jar app.jar serve "two words"`,
      'FROM scratch AS not-built'
    ]
    const step = await run(lines, {
      push: 'true',
      'secret-scan': 'fail',
      'build-target': 'runtime',
      'build-secrets': 'maven=of-the-repository'
    })
    if (step.exitCode !== 0) throw new Error(step.log)
    expect(step.log).toContain('Found: Dockerfile of your own (java -Dother=... -Dgiven=... -jar app.jar)')
    expect(step.log).toContain('/__cacert_entrypoint.sh is left out of the start command')
    expect(step.log).toContain(
      'The command of the shell is started without a shell. $JAVA_OPTS has its value'
    )
    const added = engineContents()
      .split('\n')
      .filter((line) => !before.split('\n').includes(line))
    expect(added).toEqual([image])
    await withStarted({ image }, async (started) => {
      expect(await callUntilAnswer(started)).toBe(
        'by the entry point|by-the-dockerfile|[serve, two words]|true'
      )
      expect(await untilLogged(started.name, 'afterRestore')).toBe('afterRestore\n')
      expect(await callUntilAnswer(started, 'environment?spring.datasource.url')).toBe('jdbc:x')
    })
    const config = docker(
      'image',
      'inspect',
      '--format',
      '{{.Config.WorkingDir}} {{index .Config.Env 0}}',
      image
    )
    expect(config).toContain('/srv/application')

    await pulledAgain(image, step, async (pulled) => {
      await withStarted(pulled, async (started) => {
        expect(await callUntilAnswer(started)).toContain('by the entry point|by-the-dockerfile|')
        docker('stop', '--time', '20', started.name)
        const state = ['inspect', '--format', '{{.State.ExitCode}}', started.name]
        expect(docker(...state)).toBe('143')
      })
    })
  })

  labTest.each([
    [['CMD java -jar /app.jar | cat'], 'starts its application through a shell'],
    [
      ['VOLUME /opt/crac-checkpoint', 'ENTRYPOINT ["java", "-jar", "/app.jar"]'],
      'has a VOLUME on /opt/crac-checkpoint'
    ],
    [['USER 4711', 'ENTRYPOINT ["java", "-jar", "/app.jar"]'], 'runs as the user 4711'],
    [
      ['ENV JAVA_TOOL_OPTIONS=-XX:CRaCMinPid=7', 'ENTRYPOINT ["java"]'],
      'sets -XX:CRaCMinPid in JAVA_TOOL_OPTIONS'
    ]
  ])('%j is refused before anything is started', async (lines, message) => {
    const before = engineContents()
    const step = await run(lines)
    expect(errorOf(step)).toContain(message)
    expect(errorOf(step)).toContain('category: image')
    expect(engineContents()).toBe(before)
  })

  labTest('one that removes CRIU is refused before anything is started', async () => {
    // As on Ubuntu 24.04, its archive has no CRIU either.
    const remove = 'RUN rm -f "$(command -v criu)" /etc/apt/sources.list /etc/apt/sources.list.d/*'
    const step = await run([remove, 'COPY app.jar /', 'CMD java -jar /app.jar'])
    expect(errorOf(step)).toMatch(
      /CRIU is not available: the base image \(Debian .*\) has no program criu, .*, and the JDK has none either\.\n *Fix: Use a base/
    )
  })

  labTest('one that cannot be built fails with the last lines of its build', async () => {
    const step = await run(['RUN echo the mirror is down && exit 3'])
    expect(errorOf(step)).toContain(
      'could not be built. `RUN echo the mirror is down && exit 3` ended with exit code 3: the mirror is down.'
    )
  })
})
