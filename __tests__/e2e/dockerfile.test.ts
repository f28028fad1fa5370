import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  available,
  buildFixture,
  containerLog,
  docker,
  dockerAt,
  engineContents,
  errorOf,
  freshTag,
  labTest,
  pulledElsewhere,
  runAction,
  withStarted,
  world
} from './support/lab.js'

describe("a Dockerfile of the user's own", () => {
  let fixture: ReturnType<typeof buildFixture>
  let image: string
  beforeAll(() => {
    if (available) fixture = buildFixture('Server')
  })
  afterAll(() => {
    if (available) fixture.remove()
  })
  beforeEach(() => {
    image = available ? freshTag('dockerfile') : ''
  })
  afterEach(() => {
    if (available) docker('image', 'rm', '--force', image)
  })

  const run = async (lines: string[], inputs: Record<string, string> = {}) => {
    const dockerfile = ['ARG BASE', 'FROM ${BASE}', ...lines]
    writeFileSync(path.join(fixture.context, 'Dockerfile'), `${dockerfile.join('\n')}\n`)
    return await runAction(
      {
        context: fixture.context,
        file: 'Dockerfile',
        'build-args': `BASE=${world.baseImage}`,
        tags: image,
        ...inputs
      },
      { workspace: fixture.context }
    )
  }

  labTest(
    'is built, checkpointed and restored; what it sets stays set, and nothing else is left',
    async () => {
      const before = engineContents()
      const lines = [
        'ENV GIVEN=by-the-dockerfile PATH=/srv/bin:$PATH',
        'WORKDIR /srv/application',
        'COPY app.jar ./',
        'HEALTHCHECK --interval=1s CMD true',
        'ENTRYPOINT ["java", "-Dgiven=by the entry point", "-jar", "app.jar"]',
        'CMD ["serve", "two words"]'
      ]
      const step = await run(lines, { push: 'true' })
      if (step.exitCode !== 0) throw new Error(step.log)
      expect(step.log).toContain(
        'Found: Dockerfile of your own (java -Dgiven=by the entry point -jar app.jar'
      )
      const added = engineContents()
        .split('\n')
        .filter((line) => !before.split('\n').includes(line))
      expect(added).toEqual([image])
      await withStarted({ image }, async (started) => {
        expect(await callUntilAnswer(started)).toBe(
          'by the entry point|by-the-dockerfile|[serve, two words]|true'
        )
        expect(containerLog(started.name)).toBe('afterRestore\n')
      })
      const config = docker(
        'image',
        'inspect',
        '--format',
        '{{.Config.WorkingDir}} {{index .Config.Env 0}}',
        image
      )
      expect(config).toContain('/srv/application')

      await pulledElsewhere(image, step, async (pulled) => {
        await withStarted(pulled, async (started) => {
          expect(await callUntilAnswer(started)).toContain('by the entry point|by-the-dockerfile|')
          dockerAt(pulled.environment, 'stop', '--time', '20', started.name)
          const state = ['inspect', '--format', '{{.State.ExitCode}}', started.name]
          expect(dockerAt(pulled.environment, ...state)).toBe('143')
        })
      })
    }
  )

  labTest.each([
    [['CMD java -jar /app.jar'], 'starts its application through a shell'],
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

  labTest('one that cannot be built is told with the words of its build', async () => {
    const step = await run(['RUN echo the mirror is down && exit 3'])
    expect(errorOf(step)).toContain('could not be built')
    expect(errorOf(step)).toContain('the mirror is down')
  })
})
