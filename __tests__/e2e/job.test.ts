import { describe, expect } from '@jest/globals'
import { existsSync } from 'node:fs'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer, DECLARED_FLAGS, type StartedImage } from '../../lab/started-image.js'
import { ALL_DENIED, CALLS } from './support/denied-calls.js'
import {
  byDigest,
  containerLog,
  docker,
  dockerAt,
  engineContents,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  pulledElsewhere,
  registryDigest,
  runAction,
  untilLogged,
  withStarted
} from './support/lab.js'
import { wrongAnswers } from './support/load.js'

describe('the whole job on micronaut-hello', () => {
  const tag = freshTag('hello')
  const second = tag.replace(':crac', ':second')
  const label = (name: string): string =>
    docker('image', 'inspect', '--format', `{{index .Config.Labels "${name}"}}`, tag)
  let step: StepResult
  let logsDuring: boolean
  let before: string
  let after: string

  labBeforeAll(async () => {
    before = engineContents()
    step = await runAction(
      {
        tags: `${tag}\n${second}`,
        push: 'true',
        labels: 'org.example.team=hello',
        'java-options': '-Dgiven.at=checkpoint',
        'secret-scan': 'fail',
        'verify-runs': '1'
      },
      {
        between: ({ outputs }) => {
          logsDuring =
            existsSync(`${outputs['logs']}/dump4.log`) &&
            existsSync(`${outputs['logs']}/application.log`) &&
            // Registers of threads are in there.
            !existsSync(`${outputs['logs']}/images`)
          return Promise.resolve()
        }
      }
    )
    after = engineContents()
    if (step.exitCode !== 0) throw new Error(step.log)
  })
  labAfterAll(() => void docker('image', 'rm', '--force', tag, second))

  const pushed = (): string => byDigest(tag, step)
  const started = async <T>(flags: string[], work: (image: StartedImage) => Promise<T>): Promise<T> =>
    await withStarted({ image: pushed(), flags }, work)

  labTest("digest is the registry's own digest of every tag", async () => {
    expect(step.outputs['digest']).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await registryDigest(tag)).toBe(step.outputs['digest'])
    expect(await registryDigest(second)).toBe(step.outputs['digest'])
    expect(step.outputs['tags']).toBe(`${tag}\n${second}`)
  })

  labTest('the outputs say what was done, and the restore is faster than a cold start', () => {
    expect(step.log).not.toContain('Docker did not load the snapshot as a layer')
    const { outputs } = step
    expect(outputs['java-version']).toMatch(/^\d+-crac\+\d+$/)
    expect(outputs['jdk-asset']).toContain(outputs['java-version'])
    expect(Number(outputs['snapshot-size'])).toBeGreaterThan(10_000_000)
    expect(Number(outputs['checkpoint-duration'])).toBeGreaterThan(0)
    expect(Number(outputs['restore-time'])).toBeLessThan(Number(outputs['cold-start']))
    const metadata = JSON.parse(outputs['metadata'] ?? '') as {
      phases: { name: string }[]
      snapshot: { statistics: object; handover: number; criu: object; privileges: string }
    }
    // Steps that run at the same time have groups one after the other.
    const groups = step.log.match(/^::(?:group|endgroup)::/gm) ?? []
    expect(groups.every((mark, index) => mark === (index % 2 === 0 ? '::group::' : '::endgroup::'))).toBe(
      true
    )
    expect(metadata.phases.map((phase) => phase.name)).toEqual([
      'application',
      'inspect',
      'jdk',
      'decide',
      'build-checkpoint',
      'engine',
      'registries',
      'checkpoint',
      'content',
      'map',
      'build-runtime',
      'prove',
      'measure',
      'read-out',
      'push'
    ])
    expect(metadata.snapshot).toMatchObject({
      statistics: { pagesWritten: expect.any(Number) },
      criu: { kind: 'system', version: expect.stringMatching(/^4\./) },
      privileges: 'least'
    })
    expect(metadata.snapshot.handover).toBeGreaterThanOrEqual(0)
  })

  labTest('the metadata says what is in the snapshot', () => {
    const { snapshot } = JSON.parse(step.outputs['metadata'] ?? '') as {
      snapshot: {
        statistics: { pagesWritten: number }
        content: { memory: Record<string, number>; threads: { count: number }; open: object; user: object }
      }
    }
    const { memory, threads, open, user } = snapshot.content
    const files = 'cd /opt/crac-checkpoint/snapshot; stat -c %s pages-*.img; echo; ls core-*.img'
    const [pages = '', cores = ''] = docker('run', '--rm', '--entrypoint', 'sh', tag, '-c', files).split(
      '\n\n'
    )
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0)
    expect(sum(Object.values(memory))).toBe(sum(pages.split('\n').map(Number)))
    expect(sum(Object.values(memory))).toBe(snapshot.statistics.pagesWritten * 4096)
    for (const kind of ['stacks', 'files', 'environment']) expect(memory[kind]).toBeGreaterThan(0)
    for (const kind of ['javaHeap', 'code', 'classes', 'nativeHeap'])
      expect(memory[kind]).toBeGreaterThan(1_000_000)
    // Most of it is known.
    expect(memory['other']).toBeLessThan(sum(Object.values(memory)) / 4)
    expect(threads.count).toBe(cores.split('\n').length)
    expect(open).toMatchObject({ files: ['/dev/null'], sockets: 0 })
    expect(user).toEqual({ uid: 10001, gid: 10001, groups: [10001] })
  })

  labTest('the summary shows them', () => {
    expect(step.summary).toContain(step.outputs['digest'])
    expect(step.summary).toContain('Cold start')
    expect(step.summary).toContain('| Memory: Java heap |')
  })

  labTest('the image declares its flags and its parts, and carries the labels of the user', () => {
    expect(label('io.github.crac-checkpoint.restore-flags')).toBe(step.outputs['restore-flags'])
    expect(label('io.github.crac-checkpoint.jdk-asset')).toBe(step.outputs['jdk-asset'])
    expect(label('org.example.team')).toBe('hello')
  })

  labTest('logs are kept until the post step; afterwards nothing of the run is left but the image', () => {
    expect(logsDuring).toBe(true)
    expect(step.post.exitCode).toBe(0)
    expect(step.post.log).not.toContain('::warning')
    expect(step.left).toEqual([])
    const added = after.split('\n').filter((line) => !before.split('\n').includes(line))
    expect(added.sort()).toEqual([tag, second].sort())
  })

  labTest(
    'restored with the declared flags, the application has no capability, is filtered, and is uid 10001',
    async () => {
      await started(DECLARED_FLAGS, async (image) => {
        expect(await callUntilAnswer(image)).toBe('Hello World')
        expect(containerLog(image.name)).toBe('')
        // The JVM has its own process id back; docker/checkpoint/checkpoint.sh raised it above 127.
        const status = docker('exec', image.name, 'sh', '-c', 'cat /proc/1[2-9][0-9]/status')
        expect(status).toMatch(/^Uid:\s+10001\s+10001\s+10001\s+10001$/m)
        expect(status).toMatch(/^CapEff:\s+0+$/m)
        expect(status).toMatch(/^Seccomp:\s+2$/m)
        if (process.arch === 'x64') expect(docker('exec', image.name, 'perl', '-e', CALLS)).toBe(ALL_DENIED)
      })
    }
  )

  labTest('without any capability it answers by a normal start, and says so in one line', async () => {
    await started(['--cap-drop', 'ALL'], async (image) => {
      expect(await callUntilAnswer(image)).toBe('Hello World')
      const said = (await untilLogged(image.name, '#lines-that-the-container-prints'))
        .split('\n')
        .filter((line) => line.startsWith('crac-checkpoint:'))
      expect(said).toEqual([
        "crac-checkpoint: the snapshot could not be restored here; starting the application normally. Cause: the container lacks the capability CHECKPOINT_RESTORE; the flags that a restore needs are the image's label io.github.crac-checkpoint.restore-flags. See https://github.com/org/crac-checkpoint/blob/main/docs/running.md#lines-that-the-container-prints"
      ])
    })
  })

  labTest(
    'with the default seccomp profile it answers by a normal start, and names the profile',
    async () => {
      const capabilities = DECLARED_FLAGS.filter((flag) => !/security-opt|seccomp/.test(flag))
      await started(capabilities, async (image) => {
        expect(await callUntilAnswer(image)).toBe('Hello World')
        const cause =
          'Cause: the seccomp profile of this container blocks clone3 (RuntimeDefault in Kubernetes); the flags'
        await untilLogged(image.name, cause)
      })
    }
  )

  labTest('as another user, who may not read the snapshot, it answers by a normal start', async () => {
    await started([...DECLARED_FLAGS, '--user', '12345:12345'], async (image) => {
      expect(await callUntilAnswer(image)).toBe('Hello World')
      const cause =
        'Cause: the user of this container cannot read the snapshot. Remove --user (runAsUser in Kubernetes)'
      await untilLogged(image.name, cause)
    })
  })

  labTest('with less memory than the heap may grow to it is not restored', () => {
    const flags = [...DECLARED_FLAGS, '--memory', '64m', '--env', 'CRAC_ON_RESTORE_FAILURE=exit']
    const name = docker('create', ...flags, pushed())
    docker('start', name)
    expect(docker('wait', name)).toBe('1')
    expect(containerLog(name)).toMatch(
      /may grow to \d+ MiB, and the memory limit of this container is 64 MiB\. /
    )
    docker('rm', name)
  })

  labTest(
    'a CRIU that hangs is ended after CRAC_RESTORE_TIMEOUT, and the application starts normally',
    async () => {
      const hang =
        'printf "#!/bin/sh\\nsleep 600\\n" >/opt/crac-checkpoint/criu/system/checkpoint_restore/criu; exec /opt/crac-checkpoint/entrypoint.sh'
      const flags = ['--user', '0', '--env', 'CRAC_RESTORE_TIMEOUT=1', '--entrypoint', 'sh']
      await withStarted({ image: pushed(), flags, arguments: ['-c', hang] }, async (image) => {
        expect(await callUntilAnswer(image)).toBe('Hello World')
        const log = await untilLogged(image.name, 'Cause: the restore was not complete after 1 s')
        expect(log).not.toContain('Error (criu')
        const processes = docker('exec', image.name, 'sh', '-c', 'cat /proc/[0-9]*/cmdline')
        expect(processes).not.toContain('600')
      })
    }
  )

  labTest(
    'properties and environment reach the restored application, also with a read-only root',
    async () => {
      await started([...DECLARED_FLAGS, '--env', 'JAVA_OPTS=-Dgreeting=property -Xmx99m'], async (image) => {
        expect(await callUntilAnswer(image)).toBe('property')
      })
      const variables = ['--env', 'GREETING=environment', '--env', 'JDK_JAVA_OPTIONS=-XX:MaxRAMPercentage=60']
      const readOnly = ['--read-only', '--tmpfs', '/tmp', '--env', 'CRAC_ON_RESTORE_FAILURE=exit']
      await started([...DECLARED_FLAGS, ...readOnly, ...variables], async (image) => {
        expect(await callUntilAnswer(image)).toBe('environment')
        const line =
          'crac-checkpoint: a restored JVM cannot take these options of JDK_JAVA_OPTIONS: -XX:MaxRAMPercentage\n'
        expect(await untilLogged(image.name, line)).toBe(line)
      })
    }
  )

  labTest.each([
    ['TERM', '143'],
    ['INT', '130']
  ])('SIG%s reaches the restored application, and its exit code comes back', async (signal, code) => {
    await started(DECLARED_FLAGS, async (image) => {
      await callUntilAnswer(image)
      docker('kill', '--signal', signal, image.name)
      expect(docker('wait', image.name)).toBe(code)
      expect(containerLog(image.name)).toContain('Embedded Application shutting down')
    })
  })

  labTest(
    'a machine that has nothing of the image runs it with the printed flags, until SIGTERM',
    async () => {
      await pulledElsewhere(second, step, async (pulled) => {
        await withStarted(pulled, async (image) => {
          expect(await callUntilAnswer(image)).toBe('Hello World')
          expect(await wrongAnswers(image, 'Hello World')).toEqual([])
          dockerAt(pulled.environment, 'stop', '--time', '20', image.name)
          const state = ['inspect', '--format', '{{.State.ExitCode}}', image.name]
          expect(dockerAt(pulled.environment, ...state)).toBe('143')
        })
      })
    }
  )
})
