import { describe, expect } from '@jest/globals'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../../lab/home.js'
import { ensureMavenBuild } from '../../lab/maven.js'
import { progressOnStderr } from '../../lab/progress.js'
import { ensureSample, SAMPLES } from '../../lab/samples.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import { unpackSpringJar } from './support/spring.js'
import {
  containerLog,
  docker,
  errorOf,
  freshTag,
  java21Test,
  labTest,
  pulledAgain,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'
import { wrongAnswers } from './support/load.js'

const FOUND: Record<string, string> = {
  'plain-java': 'Found: runnable jar plain-java-1.0.jar (example.Application).',
  'quarkus-hello': 'Found: Quarkus application (io.quarkus.bootstrap.runner.QuarkusEntryPoint).',
  'helidon-hello': 'Found: runnable jar helidon-hello-1.0.jar (example.Application).'
}

// micronaut-hello is in job.test.ts, spring-boot-orders in database.test.ts.
describe('the samples', () => {
  async function provesSample(name: string): Promise<void> {
    const sample = SAMPLES.find((one) => one.name === name)
    if (!sample) throw new Error(`no sample ${name}`)
    const context = await ensureSample(sample, world, progressOnStderr)
    const tag = freshTag(name)
    const step = await runAction({ context, tags: tag, push: 'true', 'secret-scan': 'fail' })
    if (step.exitCode !== 0) throw new Error(step.log)
    expect(step.log).toContain(FOUND[name])
    expect(step.left).toEqual([])

    await pulledAgain(tag, step, async (pulled) => {
      await withStarted({ ...pulled, variables: { GREETING: 'Bonjour' } }, async (started) => {
        expect(await callUntilAnswer(started)).toBe('Bonjour')
        expect(await wrongAnswers(started, 'Bonjour')).toEqual([])
        docker('stop', '--time', '20', started.name)
        const state = docker('inspect', '--format', '{{.State.ExitCode}}', started.name)
        expect(Number(state)).toBe(143)
        expect(containerLog(started.name)).not.toContain('crac-checkpoint:')
      })
    })
  }

  labTest.each(['plain-java', 'quarkus-hello'])(
    '%s: checkpointed with no input but context and tags, pulled by its digest, restored, called and stopped',
    provesSample
  )
  java21Test('helidon-hello: the same', async () => await provesSample('helidon-hello'))
})

describe('applications that nothing stops before a checkpoint', () => {
  async function failing(inputs: Record<string, string>): Promise<string> {
    const tag = freshTag('unsupported')
    const step = await runAction({ tags: tag, push: 'true', ...inputs })
    expect(step.exitCode).toBe(1)
    expect(await registryDigest(tag)).toBeUndefined()
    return errorOf(step)
  }

  labTest('a server of Netty: the message names what is missing', async () => {
    const sources = path.join(PROJECT, '__tests__/e2e/applications/netty')
    await ensureMavenBuild(sources, world, progressOnStderr)
    const message = await failing({ context: path.join(sources, 'target') })
    expect(message).toMatch(/an open socket, sun\.nio\.ch\.ServerSocketChannelImpl\[.*:8080\]/)
    expect(message).toContain(
      'Netty is on the class path, but org.crac:crac is not. Without it, nothing stops the server.'
    )
    expect(message).toContain('Fix: Add `org.crac:crac` to the dependencies')
  })

  labTest('Spring Boot without org.crac:crac, with a checkpoint by the action and by Spring', async () => {
    const context = await unpackSpringJar((jar) => !jar.startsWith('crac-'))
    const inputs = { context, 'main-class': 'example.Application' }
    try {
      const message = await failing(inputs)
      expect(message).toContain('Spring Boot is on the class path, but org.crac:crac is not')
      const own = await failing({ ...inputs, 'java-options': ON_REFRESH })
      expect(own).toContain('(fw-spring-refresh-support)')
      expect(own).toContain('Add `org.crac:crac` to the dependencies')
    } finally {
      rmSync(context, { recursive: true })
    }
  })
})

const ON_REFRESH = '-Dspring.context.checkpoint=onRefresh'

describe('an application that takes its checkpoint itself', () => {
  labTest('Spring on refresh: the snapshot is awaited, and a normal start takes none', async () => {
    const context = await unpackSpringJar(() => true)
    const tag = freshTag('on-refresh')
    const step = await runAction({
      context,
      'main-class': 'example.Application',
      tags: tag,
      'java-options': ON_REFRESH,
      warmup: 'GET / x20'
    })
    rmSync(context, { recursive: true })
    if (step.exitCode !== 0) throw new Error(step.log)
    expect(step.log).toContain('The application took its checkpoint itself while it started')
    expect(step.log).toContain('::warning::The warm-up was skipped')
    expect(step.summary).toContain('none: the application took its checkpoint itself')
    expect(Number(step.outputs['checkpoint-duration'])).toBeGreaterThan(0)
    const metadata = JSON.parse(step.outputs['metadata'] ?? '') as { snapshot: { trigger: string } }
    expect(metadata.snapshot.trigger).toBe('application')

    await withStarted({ image: tag, variables: { NAME: 'restore' } }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('Hello restore from Spring')
      expect(containerLog(started.name)).not.toContain('crac-checkpoint:')
    })
    docker('image', 'rm', '--force', tag)
  })
})
