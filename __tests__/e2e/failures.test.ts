import { afterEach, beforeEach, describe, expect } from '@jest/globals'
import { readdir } from 'node:fs/promises'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import {
  available,
  buildFixture,
  engineContents,
  errorOf,
  freshTag,
  labTest,
  registryDigest,
  runAction,
  world
} from './support/lab.js'

/** What every failure keeps: exit code 1, one message, nothing pushed, nothing left behind. */
describe('a run that fails', () => {
  let before: string
  let fixture: ReturnType<typeof buildFixture> | undefined
  beforeEach(() => {
    if (available) before = engineContents()
  })
  afterEach(() => {
    fixture?.remove()
    fixture = undefined
  })

  async function failing(
    inputs: Record<string, string>,
    options: Partial<StepOptions> = {}
  ): Promise<{ message: string; step: StepResult; seconds: number }> {
    const tag = freshTag('failing')
    const begin = Date.now()
    let seconds = 0
    let keptLogs: string[] = []
    const step = await runAction(
      { tags: tag, push: 'true', ...inputs },
      {
        ...options,
        between: async ({ runnerTemp }) => {
          seconds = (Date.now() - begin) / 1000
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
    return { message: errorOf(step), step, seconds }
  }
  function application(name: string): Record<string, string> {
    fixture = buildFixture(name)
    return { context: fixture.context }
  }

  labTest('an open socket: named, with its class, within seconds of the answer of jcmd', async () => {
    const { message, step, seconds } = await failing(application('OpenSocket'))
    expect(message).toMatch(/The JVM refused the checkpoint: an open socket, tcp6? local/)
    expect(message).toContain('8080')
    expect(message).toContain('class: application')
    expect(seconds).toBeLessThan(30)
    expect(step.summary).toContain('an open socket')
    // The application printed a workflow command, and the runner saw none: errorOf() found one error only.
    expect(step.log).toContain('::error::this line must not become an annotation')
  })

  labTest('an open file is named', async () => {
    const { message } = await failing({ ...application('Server'), 'java-options': '-Dhook=file' })
    expect(message).toContain('an open file, /etc/passwd')
  })

  labTest('a hook that fails is named', async () => {
    const { message } = await failing({ ...application('Server'), 'java-options': '-Dhook=fail' })
    expect(message).toContain(
      'A beforeCheckpoint hook of the application failed: IllegalStateException: the pool is busy'
    )
  })

  labTest('a checkpoint that hangs fails at checkpoint-timeout, and says in which phase', async () => {
    const inputs = { ...application('Server'), 'java-options': '-Dhook=hang', 'checkpoint-timeout': '3s' }
    const { message, seconds } = await failing(inputs)
    expect(message).toContain('The checkpoint was not complete within 3 s')
    expect(message).toContain('a beforeCheckpoint hook may hang')
    expect(seconds).toBeLessThan(30)
  })

  labTest(
    'an application that never answers fails at startup-timeout, with the last lines of its log',
    async () => {
      const { message, seconds } = await failing({ ...application('NeverReady'), 'startup-timeout': '3s' })
      expect(message).toContain('did not answer http://localhost:8080/ within 3 s')
      expect(message).toContain('waiting for a database that never comes')
      expect(seconds).toBeLessThan(30)
    }
  )

  labTest('an application that ends at once is noticed at once', async () => {
    const { message, seconds } = await failing(application('EndsAtOnce'))
    expect(message).toContain('ended with exit code 3 before it was ready')
    expect(message).toContain('the configuration is missing')
    expect(seconds).toBeLessThan(30)
  })

  labTest('CRIU fails: its own first error is the message', async () => {
    // A folder that CRIU may not write to: a file of the snapshot is there already, as another kind.
    const inputs = { ...application('Server'), 'java-options': '-Dhook=block' }
    const { message } = await failing(inputs)
    expect(message).toContain('CRIU could not take the snapshot')
  })

  labTest('a base image that does not exist', async () => {
    const { message } = await failing({ 'base-image': `${world.registry}/none/none:1` })
    expect(message).toContain('could not be pulled')
    expect(message).toContain('class: image')
  })

  labTest('a registry that does not answer', async () => {
    const { message } = await failing({ tags: 'localhost:9/none/none:1' })
    expect(message).toContain('localhost:9/none/none:1 could not be pushed')
    expect(message).toContain('class: registry')
  })

  labTest('a version of the JDK that does not exist is answered with those that do', async () => {
    const { message } = await failing({ 'java-version': '8' })
    expect(message).toMatch(/Set `java-version` to one of: \d+-crac\+\d+/)
  })

  labTest('an input that cannot be used is refused before anything is made', async () => {
    const { message, seconds } = await failing({ port: 'x; reboot' })
    expect(message).toContain('The input `port` is "x; reboot"')
    expect(seconds).toBeLessThan(5)
  })

  labTest('no engine: refused within ten seconds', async () => {
    const environment = { ...world.environment, DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
    const tag = freshTag('no-engine')
    const begin = Date.now()
    const step = await runAction({ tags: tag }, { environment })
    expect(step.exitCode).toBe(1)
    expect(errorOf(step)).toContain('No Docker engine answers')
    expect(Date.now() - begin).toBeLessThan(15_000)
  })
})
