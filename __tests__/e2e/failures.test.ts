import { beforeEach, expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { callUntilAnswer } from '../../lab/started-image.js'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import type { SecretReport } from '../../src/secrets/report.js'
import { classFile } from '../support/class-file.js'
import {
  annotations,
  available,
  docker,
  e2eSuite,
  engineContents,
  errorOf,
  fixtureJar,
  freshTag,
  labTest,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'

const JMX = '-Dcom.sun.management.jmxremote'
const UNREADABLE = 'chmod -R 000 /opt/crac-checkpoint/snapshot'

/** What every failure keeps: exit code 1, one message, nothing pushed, nothing left behind. */
e2eSuite('a run that fails', ['Server'], ({ folder, context }) => {
  let before: string
  beforeEach(() => {
    if (available) before = engineContents()
  })

  async function failing(
    inputs: Record<string, string>,
    options: Partial<StepOptions> = {}
  ): Promise<{ message: string; step: StepResult }> {
    const tag = freshTag('failing')
    let keptLogs: string[] = []
    const step = await runAction(
      { context, tags: tag, push: 'true', ...inputs },
      {
        ...options,
        between: async ({ runnerTemp }) => {
          keptLogs = await readdir(runnerTemp, { recursive: true })
        }
      }
    )
    expect(step.exitCode).toBe(1)
    expect(step.outputs['digest']).toBeUndefined()
    expect(await registryDigest(tag)).toBeUndefined()
    expect(step.post.exitCode).toBe(0)
    expect(step.left).toEqual([])
    expect(engineContents()).toBe(before)
    // Until the post step only the logs are there: no work folder.
    expect(keptLogs.filter((name) => name.includes('/work'))).toEqual([])
    return { message: errorOf(step), step }
  }
  function application(...names: [string, ...string[]]): Record<string, string> {
    const other = path.join(folder, names.join('-'))
    mkdirSync(other, { recursive: true })
    copyFileSync(fixtureJar(...names), path.join(other, 'app.jar'))
    return { context: other }
  }

  labTest('an open socket is named, with the code that opened it', async () => {
    // The JVM listens too, for JMX: a variable of the base image says so, which jcmd must not get.
    const jmx = ['port=9010', 'authenticate=false', 'ssl=false'].map((option) => `${JMX}.${option}`)
    const base = `e2e-jmx-${process.pid}`
    const place = path.join(folder, 'jmx')
    mkdirSync(place)
    writeFileSync(
      path.join(place, 'Dockerfile'),
      `FROM ${world.baseImage}\nENV JAVA_TOOL_OPTIONS="${jmx.join(' ')}"\n`
    )
    docker('build', '--tag', base, place)
    before = engineContents()
    const { message, step } = await failing({ ...application('OpenSocket'), 'base-image': base })
    docker('image', 'rm', '--force', base)
    expect(message).toContain('JMX listens on port 9010')
    expect(message).toContain('Fix: Remove the options of JMX for the checkpoint')
    expect(message).toContain('The JVM refused the checkpoint: an open socket, ')
    // In no fixed order among those of JMX.
    expect(message).toMatch(/sun\.nio\.ch\.ServerSocketChannelImpl\[.*:8080\]/)
    expect(message).toContain('OpenSocket.main(OpenSocket.java:')
    expect(message).toContain('category: application')
    expect(step.summary).toContain('an open socket')
    // The application printed a workflow command, and the runner saw none: errorOf() found one error only.
    expect(step.log).toContain('::error::this line must not become an annotation')
  })

  labTest('an open file is named', async () => {
    const { message } = await failing({
      'java-options': '-Dhook=file\n-XX:StartFlightRecording=filename=/tmp/kept.jfr'
    })
    expect(message).toMatch(
      /an open file, \S+\.jfr .* The Flight Recorder of the JVM has a file of its recording open/
    )
    // A second start reported which code opened it, and the logs have a first draft of policies.
    expect(message).toMatch(
      /file: \/etc\/passwd\n {2}opened by thread .*\n {4}at Server\.beforeCheckpoint\(Server\.java:\d+\)/
    )
    expect(message).toContain('resource-policies.txt')
    expect(message).toContain('resource-policies: |\n  type: file\n')
    expect(message).toContain('\n  type: file\n  path: /etc/passwd\n  action: reopen')
  })

  labTest('a hook that fails is named', async () => {
    const { message } = await failing({ 'java-options': '-Dhook=fail' })
    expect(message).toContain(
      'A beforeCheckpoint hook of the application failed: IllegalStateException: the pool is busy'
    )
  })

  labTest(
    'a refused checkpoint is a warning with `on-checkpoint-failure: archive`, and the image has the archive',
    async () => {
      const tag = freshTag('refused')
      // A constant of a class is in the archive as in the jar.
      const constant = 'written-before-the-checkpoint'
      const scan = { 'secret-scan': 'warn', 'secret-values': constant }
      const inputs = { 'java-options': '-Dhook=fail', archive: 'cds', ...scan }
      const step = await runAction({ context, tags: tag, ...inputs, 'on-checkpoint-failure': 'archive' })
      expect(step.exitCode).toBe(0)
      const warning = annotations(step, 'warning')[0]
      expect(warning).toContain('because the checkpoint was refused: A beforeCheckpoint hook')
      expect(warning).toContain('\nFix: Fix the hook in the stack trace below')
      expect(warning).toMatch(/IllegalStateException: the pool is busy\n\s+at /)
      expect(Number(step.outputs['archive-size'])).toBeGreaterThan(100_000)
      const { secrets } = JSON.parse(step.outputs['metadata'] ?? '') as { secrets: SecretReport }
      expect(secrets.found.map(({ name }) => name)).toEqual(['secret-values line 1'])
      expect(secrets.found[0]?.occurrences.map(({ file }) => file)).toContain(
        '/opt/crac-checkpoint/archive/classes.cds'
      )
      expect(step.outputs).toMatchObject({ 'restore-time': '', 'restore-flags': '', skipped: 'false' })
      await withStarted(
        { image: tag, flags: [], variables: { JAVA_OPTS: '-Xshare:on' } },
        async (started) => {
          expect(await callUntilAnswer(started)).toContain('null|null|[]')
        }
      )
      docker('image', 'rm', '--force', tag)
    }
  )

  labTest('a checkpoint that hangs fails after checkpoint-timeout, with the hook that hangs', async () => {
    // Long enough for jcmd to reach the hook on a busy machine.
    const inputs = { 'java-options': '-Dhook=hang', 'checkpoint-timeout': '10s' }
    const { message } = await failing(inputs)
    expect(message).toContain('The checkpoint was not complete within 10 s')
    expect(message).toContain('a beforeCheckpoint hook may hang')
    // The thread dump, of which the annotation has the relevant part, and the logs the whole.
    expect(message).toContain('Server.beforeCheckpoint(Server.java')
  })

  labTest(
    'an application that never answers fails after startup-timeout, with the last lines of its log',
    async () => {
      const { message } = await failing({ ...application('NeverReady'), 'startup-timeout': '6s' })
      expect(message).toContain('The application was not ready within 6 s (port 8080: ')
      expect(message).toContain('NeverReady.main(NeverReady.java')
      expect(message).toContain('waiting for a database that never comes')
    }
  )

  labTest('an application that exits before it is ready', async () => {
    const { message } = await failing(application('EndsAtOnce'))
    expect(message).toContain('ended with exit code 3 before it was ready')
    expect(message).toContain('the configuration is missing')
    expect(message).toContain('Nothing listens on localhost:5432 in the container of the application')
    expect(message).toContain('`network: ${{ job.services.NAME.network }}`')
  })

  labTest('an application that a request of the warm-up ends', async () => {
    const { message } = await failing({ warmup: 'GET / x3\nGET /exit' })
    expect(message).toContain('ended with exit code 42 during the warm-up')
  })

  labTest('a warm-up that never gets a successful response, and one that does not end', async () => {
    const { message } = await failing({ warmup: 'GET /draw x5 -> 201' })
    expect(message).toContain('`GET /draw x5 -> 201` never got a successful response: status 200: 5')
    // It draws text, and the image has no font.
    expect(message).toMatch(/\(start-(fontconfig|freetype)\)/)
    expect(message).toContain('apt-get install --yes --no-install-recommends fontconfig libfreetype6')
    const slow = await failing({ warmup: 'GET / x1000000', 'warmup-timeout': '1s' })
    expect(slow.message).toContain('The warm-up did not finish within 1 s')
  })

  labTest('a heap that is too small is named, with the option for a larger one', async () => {
    const { message } = await failing({ ...application('OutOfMemory'), 'java-options': '-Xmx32m' })
    expect(message).toContain('(jvm-heap)')
    expect(message).toContain('-Xmx')
  })

  labTest('a restore that misses a file which the process had mapped', async () => {
    const { message } = await failing({
      ...application('MappedFile', 'Server'),
      'java-options': '-Dfile=/var/tmp/data'
    })
    expect(message).toContain('The image does not restore')
    expect(message).toContain('(criu-file-missing)')
    expect(message).toContain('var/tmp/data')
  })

  labTest('a restore as a user who may not read a file which the process had mapped', async () => {
    const inputs = { ...application('MappedFile', 'Server'), 'java-options': '-Dfile=/tmp/data' }
    const { message } = await failingAtRestore(inputs, ['chmod 000 /tmp/data'])
    expect(message).toContain('(criu-file-missing)')
    expect(message).toContain('Permission denied')
  })

  labTest('a restore where another process has the id of the JVM', async () => {
    const daemons = [
      'i=0; while [ $i -lt 126 ]; do true & i=$!; wait $i; done',
      'i=0; while [ $i -lt 60 ]; do sleep 60 >/dev/null 2>&1 & i=$((i + 1)); done'
    ]
    const { message } = await failingAtRestore({}, daemons)
    expect(message).toContain('(criu-fork-eexist)')
  })

  labTest('a restore of a snapshot that cannot be read', async () => {
    const { message } = await failingAtRestore({}, [UNREADABLE])
    expect(message).toContain('it ended with exit code 1')
  })

  labTest(
    'an application that starts normally in place of a restore is not counted as restored',
    async () => {
      const normally = 'exec java $(cat /opt/crac-checkpoint/java-options /opt/crac-checkpoint/application)'
      const { message, step } = await failingAtRestore({}, [normally])
      expect(message).toContain('the application was not restored but started normally')
      expect(step.log).not.toContain('Restored')
    }
  )

  labTest(
    'a restore over its budgets fails before the push, and a restore slower than a cold start is a warning',
    async () => {
      const { message, step } = await failing({
        'java-options': '-Dhook=slow',
        'verify-runs': '1',
        'max-restore-time': '1s',
        'min-speedup': '1000'
      })
      expect(message).toMatch(
        /a restore takes \d{4,5} ms .*`max-restore-time` allows 1000 ms; a restore is 0\.\d times/
      )
      expect(message).toContain('`min-speedup` requires 1000')
      expect(message).toContain('category: application')
      expect(annotations(step, 'warning')).toEqual([
        expect.stringMatching(/not faster than a normal start: \d{4,5} ms .* against \d+ ms/)
      ])
    }
  )

  labTest('a snapshot over its budget fails as soon as it is taken', async () => {
    const { message, step } = await failing({ 'max-snapshot-size': '1MB' })
    expect(message).toMatch(/the snapshot has \d{8,} bytes, and `max-snapshot-size` allows 1000000\./)
    expect(step.log).not.toContain('Make the image with the snapshot')
  })

  /** With a base image whose bash does more before it runs the entry script. */
  async function failingAtRestore(
    inputs: Record<string, string>,
    more: string[]
  ): Promise<{ message: string; step: StepResult }> {
    const image = `crac-checkpoint-e2e/base-${process.pid}`
    const folder = mkdtempSync(path.join(tmpdir(), 'e2e-base-'))
    const script = [
      '#!/bin/sh',
      'case $1 in',
      '*/entrypoint.sh)',
      ...more,
      ';;',
      'esac',
      'exec /bin/bash "$@"'
    ]
    writeFileSync(path.join(folder, 'bash'), `${script.join('\n')}\n`, { mode: 0o755 })
    writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${world.baseImage}\nCOPY bash /usr/local/bin/\n`)
    docker('build', '--quiet', '--tag', image, folder)
    rmSync(folder, { recursive: true })
    before = engineContents()
    try {
      const failed = await failing({ ...inputs, 'base-image': image })
      expect(failed.message).toContain('The image does not restore')
      return failed
    } finally {
      docker('image', 'rm', '--force', image)
    }
  }

  labTest('a checkpoint that CRIU fails reports its first error', async () => {
    // A folder that CRIU may not write to: a file of the snapshot is there already, as another kind.
    const inputs = { 'java-options': '-Dhook=block' }
    const { message } = await failing(inputs)
    expect(message).toContain('CRIU could not take the snapshot')
  })

  labTest('a base image that does not exist', async () => {
    const { message } = await failing({ 'base-image': `${world.registry}/none/none:1` })
    expect(message).toContain('could not be pulled')
    expect(message).toContain('category: image')
  })

  labTest(
    'the registry of the second of two tags is not there: the first gets its old image back',
    async () => {
      const first = freshTag('put-back')
      docker('tag', world.baseImage, first)
      docker('push', '--quiet', first)
      docker('image', 'rm', first)
      const old = await registryDigest(first)
      expect(old).toBeDefined()
      // The pauses between tries are for registries that need time.
      const environment = { ...world.environment, CRAC_CHECKPOINT_PATIENCE: '0.1' }
      const { message } = await failing({ tags: `${first}\nlocalhost:9/none/none:1` }, { environment })
      expect(message).toContain('localhost:9/none/none could not be pushed')
      expect(message).toContain('category: registry')
      expect(await registryDigest(first)).toBe(old)
    }
  )

  labTest('a JDK version that does not exist fails with the list of versions', async () => {
    const { message } = await failing({ 'java-version': '8' })
    expect(message).toMatch(/Set `java-version` to one of: \d+-crac\+\d+/)
  })

  labTest(
    'an application for a newer Java than the JDK is refused, with the inputs that give one',
    async () => {
      const newer = path.join(folder, 'newer')
      mkdirSync(newer)
      copyFileSync(path.join(context, 'app.jar'), path.join(newer, 'app.jar'))
      writeFileSync(path.join(folder, 'Server.class'), classFile(99))
      execFileSync('jar', ['--update', '--file', path.join(newer, 'app.jar'), '-C', folder, 'Server.class'])
      const { message, step } = await failing({ context: newer })
      expect(step.log).not.toContain('Build the checkpoint image')
      expect(message).toContain('The application is compiled for Java 99 (class Server), and this JDK, ')
      expect(message).toContain('`java-version`')
    }
  )

  labTest('an invalid input is refused before any work', async () => {
    const { message } = await failing({ port: 'x; reboot' })
    expect(message).toContain('Invalid input `port`: "x; reboot"')
  })

  labTest('without Docker it is refused', async () => {
    const environment = { ...world.environment, DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
    const { message } = await failing({}, { environment })
    expect(message).toContain('The Docker engine does not respond')
  })
})
