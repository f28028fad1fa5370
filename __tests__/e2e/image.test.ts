import { expect } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { ensureCriuImage } from '../../lab/criu-image.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import { startVendorApis } from '../../lab/vendor-apis.js'
import {
  docker,
  e2eSuite,
  engineContents,
  errorOf,
  freshTag,
  JAVA,
  labTest,
  pulledAgain,
  runAction,
  untilLogged,
  withStarted,
  world
} from './support/lab.js'

e2eSuite('an existing image', ['Server'], ({ context }) => {
  const original = freshTag('original')

  /** Builds an image with Java and the application, as its user would, and pushes it. */
  const build = (lines: string[]): void => {
    const dockerfile = [
      `FROM ${world.baseImage}`,
      // Of Java, only what the action reads: the original is not started here.
      'RUN mkdir -p /opt/java/openjdk/bin /opt/java/openjdk/lib/security && ln -s /bin/false /opt/java/openjdk/bin/java',
      `RUN printf 'IMPLEMENTOR="Eclipse Adoptium"\\nJAVA_VERSION="${JAVA}.0.5"\\n' >/opt/java/openjdk/release`,
      'RUN echo certificates >/opt/java/openjdk/lib/security/cacerts',
      'ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$PATH',
      ...lines
    ]
    writeFileSync(path.join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`)
    docker('build', '--quiet', '--tag', original, context)
  }

  labTest('is restored as it was: its answer, user, folder, labels and signals', async () => {
    const image = freshTag('image')
    writeFileSync(
      path.join(context, 'start.sh'),
      [
        '#!/bin/sh',
        'export JAVA_OPTS="-Dgiven=${GIVEN:-none} -Xmx64m" MODE=found-out',
        'echo "$MODE" >prepared',
        '[ "$1" != serve ] || set -- "$@" "two words"',
        'exec java $JAVA_OPTS -jar app.jar "$@"\n'
      ].join('\n'),
      { mode: 0o755 }
    )
    const criu = await ensureCriuImage(world)
    build([
      // As on Ubuntu 24.04: neither CRIU nor a package of it.
      'RUN (apt-get purge --yes --auto-remove criu libcap2-bin || true) && rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*',
      'RUN ln -sf /opt/java/openjdk/bin/java /usr/local/bin/ && echo "orders:x:4711:4712::/:/bin/sh" >>/etc/passwd && echo "orders:x:4712:" >>/etc/group',
      'WORKDIR /app',
      'COPY app.jar ./',
      'RUN chown 4711:4712 /app && chmod 0770 /app',
      'ENV GIVEN=by-the-image',
      'LABEL org.opencontainers.image.version=7 team=orders',
      'EXPOSE 8080 9999',
      'HEALTHCHECK --interval=1h CMD true',
      'STOPSIGNAL SIGINT',
      'COPY start.sh /',
      'USER orders',
      'ENTRYPOINT ["/start.sh"]',
      'CMD ["serve"]'
    ])
    docker('push', '--quiet', original)
    const [digest = ''] = docker('image', 'inspect', '--format', '{{join .RepoDigests " "}}', original).split(
      ' '
    )
    const layers = Number(docker('image', 'inspect', '--format', '{{len .RootFS.Layers}}', original))
    docker('image', 'rm', '--force', original, digest)
    const before = engineContents()
    const step = await runAction(
      { context: '.', image: original, tags: image, push: 'true', 'criu-image': criu },
      { workspace: context }
    )
    if (step.exitCode !== 0 || step.left.length > 0) throw new Error([step.log, ...step.left].join('\n'))
    expect(step.log).toContain(`Its Java, Eclipse Adoptium ${JAVA}.0.5 in /opt/java/openjdk, is replaced`)
    expect(step.log).toContain('/start.sh was run up to java, without a network and with 1 GB of memory')
    expect(step.log).toContain('It sets these variables, and the image has them: JAVA_OPTS, MODE.')
    expect(step.log).toContain('It writes these files, and the image has them: /app/prepared.')
    expect(step.log).toContain('certificates (cacerts), from /opt/java/openjdk/lib/security/cacerts')
    const { image: made } = JSON.parse(step.outputs['metadata'] ?? '') as {
      image: { layers: { sent: boolean }[] }
    }
    // The registry has the layers of the original, and takes them over.
    expect(made.layers.slice(0, layers).map(({ sent }) => sent)).toEqual(Array(layers).fill(false))
    expect(made.layers.slice(layers).some(({ sent }) => sent)).toBe(true)
    docker('image', 'rm', '--force', original, criu)

    await pulledAgain(image, step, async (pulled) => {
      const config = JSON.parse(
        docker('image', 'inspect', '--format', '{{json .Config}}', pulled.image)
      ) as Record<string, unknown>
      expect(config).toMatchObject({
        User: '4711:4712',
        WorkingDir: '/app',
        StopSignal: 'SIGINT',
        Healthcheck: { Test: ['CMD-SHELL', 'true'] },
        ExposedPorts: { '8080/tcp': {}, '9999/tcp': {} },
        Labels: {
          team: 'orders',
          'org.opencontainers.image.version': '7',
          'org.opencontainers.image.base.name': original,
          'org.opencontainers.image.base.digest': digest.slice(digest.indexOf('@') + 1)
        }
      })
      const show = [
        '-c',
        'cat /opt/crac-java/lib/security/cacerts prepared; stat -c "%u:%g %a" /app prepared'
      ]
      expect(docker('run', '--rm', '--entrypoint', 'sh', pulled.image, ...show)).toBe(
        'certificates\nfound-out\n4711:4712 770\n4711:4712 644'
      )
      await withStarted(pulled, async (started) => {
        expect(await callUntilAnswer(started)).toBe('by-the-image|by-the-image|[serve, two words]|true')
        expect(await callUntilAnswer(started, 'environment?MODE')).toBe('found-out')
        // Its options were in effect at the checkpoint.
        expect(await untilLogged(started.name, 'afterRestore')).toBe('afterRestore\n')
        docker('stop', '--time', '20', started.name)
        // 128 + SIGINT
        expect(docker('inspect', '--format', '{{.State.ExitCode}}', started.name)).toBe('130')
      })
    })
    expect(engineContents()).toBe(before)
  })

  labTest.each([
    [
      'a script that does not end with java',
      ['COPY start.sh /', 'ENTRYPOINT ["/start.sh"]'],
      'starts with /start.sh, not with java: it starts java as a child, not with exec'
    ],
    ['no Java', ['RUN rm -r /opt/java', 'COPY app.jar /', 'CMD java -jar /app.jar'], 'has no Java'],
    [
      'a Java without a JDK',
      ['RUN echo \'JAVA_VERSION="98"\' >/opt/java/openjdk/release', 'CMD java -jar /app.jar'],
      'The image has Java 98, and the distribution crac has no CRaC JDK 98'
    ]
  ])('%s is refused before the application is started', async (_, lines, message) => {
    writeFileSync(
      path.join(context, 'start.sh'),
      '#!/bin/sh\nif [ -n "$A" ]; then echo a; fi\njava -jar /app.jar | cat\n',
      { mode: 0o755 }
    )
    build(lines)
    const before = engineContents()
    const apis = await startVendorApis(world.jdkArchive ?? '')
    try {
      const environment = {
        ...world.environment,
        AZUL_API_URL: apis.azulApiUrl,
        BELLSOFT_API_URL: apis.bellsoftApiUrl
      }
      const step = await runAction({ context: '.', image: original }, { workspace: context, environment })
      expect(errorOf(step)).toContain(message)
    } finally {
      await apis.close()
    }
    expect(engineContents()).toBe(before)
    docker('image', 'rm', '--force', original)
  })
})
