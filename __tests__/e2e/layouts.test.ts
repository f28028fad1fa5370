import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { progressOnStderr } from '../../lab/progress.js'
import type { StepResult } from '../../lab/runner.js'
import { ensureSample, SAMPLES } from '../../lab/samples.js'
import { callUntilAnswer, DECLARED_FLAGS } from '../../lab/started-image.js'
import {
  containerLog,
  docker,
  freshTag,
  labBeforeAll,
  labTest,
  layersOf,
  runAction,
  untilLogged,
  withStarted,
  world
} from './support/lab.js'
import { ensureSpring, SPRING_JAR } from './support/spring.js'

const SPRING_FOUND = 'Found: Spring Boot jar spring-1.0.jar (example.Application), unpacked.'
const DEPENDENCIES = 'COPY trees/dependencies/ / # buildkit'
const CLASSES = 'COPY trees/classes/ / # buildkit'

describe('layouts of applications', () => {
  let folder: string
  labBeforeAll(ensureSpring)
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'e2e-layouts-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  labTest('classes/ and lib/, run by `main-class`', async () => {
    const sample = SAMPLES.find(({ name }) => name === 'plain-java')
    if (!sample) throw new Error('no sample')
    const context = await ensureSample(sample, world, progressOnStderr)
    const tag = freshTag('class-path')
    const step = await checkpoint({ context, 'main-class': 'example.Application', tags: tag })
    expect(step.log).toContain('Found: class path of 2 entries (example.Application).')
    await withStarted({ image: tag, variables: { GREETING: 'Bonjour' } }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('Bonjour')
      expect(containerLog(started.name)).not.toContain('crac-checkpoint:')
    })
    docker('image', 'rm', '--force', tag)
  })

  labTest('Spring Boot: a changed class leaves the layer of the dependencies as it was', async () => {
    const [first, second] = [freshTag('spring'), freshTag('spring-changed')]
    const step = await checkpoint({
      context: path.dirname(SPRING_JAR),
      tags: first,
      'secret-scan': 'fail',
      'verify-runs': '1'
    })
    expect(step.log).toContain(SPRING_FOUND)
    // Spring Boot logs it.
    const { proof } = JSON.parse(step.outputs['metadata'] ?? '') as { proof: { coldStarts: object[] } }
    expect(proof.coldStarts).toEqual([expect.objectContaining({ jvm: expect.any(Number) })])
    // Both ports have to respond before the checkpoint, and at the proof.
    await checkpoint({ tags: second, context: withOtherGreeting(folder), env: 'MANAGEMENT_SERVER_PORT=8081' })
    const [before, after] = [layersOf(first), layersOf(second)]
    expect(before.get(DEPENDENCIES)).toMatch(/^sha256:/)
    expect(after.get(DEPENDENCIES)).toBe(before.get(DEPENDENCIES))
    expect(after.get(CLASSES)).toMatch(/^sha256:/)
    expect(after.get(CLASSES)).not.toBe(before.get(CLASSES))
    const files = docker('run', '--rm', '--entrypoint', 'find', second, '/app')
    expect(files).toMatch(/^\/app\/lib\/spring-core-[\d.]+\.jar$/m)
    expect(files).toMatch(/^\/app\/classes\.jar$/m)
    const flags = [...DECLARED_FLAGS, '--publish', '127.0.0.1::8081']
    await withStarted({ image: second, flags }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('Hello null with Spring')
      const management = `http://${docker('port', started.name, '8081/tcp').split('\n')[0]}/`
      expect(await callUntilAnswer({ ...started, url: management }, 'actuator/health')).toContain('"UP"')
      // Implementation-Version of the manifest.
      expect(await callUntilAnswer(started, 'version')).toBe('1.0')
      // The locale of the image decides whether the JVM finds it.
      expect(await callUntilAnswer(started, 'größe.txt')).toBe('found')
      // A static resource in META-INF: that stays outside BOOT-INF.
      expect(await callUntilAnswer(started, 'note.txt')).toBe('From META-INF\n')
    })
    docker('image', 'rm', '--force', first, second)
  })

  labTest('Spring Boot: where no CRIU works, the image without a snapshot has the application', async () => {
    const [tag, base] = [freshTag('spring-cold'), `e2e-no-criu-${process.pid}`]
    const broken = `printf '#!/bin/sh\\necho "Version: 4.1.1"\\n[ "$1" = --version ]\\n' > "$(command -v criu)"`
    mkdirSync(path.join(folder, 'base'))
    writeFileSync(path.join(folder, 'base/Dockerfile'), `FROM ${world.baseImage}\nRUN ${broken}\n`)
    docker('build', '--tag', base, path.join(folder, 'base'))
    const step = await checkpoint({
      context: path.dirname(SPRING_JAR),
      tags: tag,
      'base-image': base,
      'on-unsupported-runner': 'cold'
    })
    expect(step.log).toContain('This runner does not support snapshots: No CRIU works on this runner.')
    await withStarted({ image: tag, flags: [] }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('Hello null from Spring')
      // Implementation-Version of the manifest.
      const line = 'Starting Application v1.0 using Java'
      await untilLogged(started.name, line)
    })
    docker('image', 'rm', '--force', tag, base)
  })

  async function checkpoint(inputs: Record<string, string>): Promise<StepResult> {
    const step = await runAction(inputs)
    if (step.exitCode !== 0) throw new Error(step.log)
    return step
  }
})

/** A context with the jar of the fixture, in which one constant of one class is another, and with one more static resource. */
function withOtherGreeting(folder: string): string {
  const context = path.join(folder, 'changed')
  const jar = path.join(context, 'spring-1.0.jar')
  const entry = 'BOOT-INF/classes/example/Application.class'
  mkdirSync(context)
  copyFileSync(SPRING_JAR, jar)
  execFileSync('jar', ['--extract', '--file', jar, entry], { cwd: context })
  const file = path.join(context, entry)
  writeFileSync(file, readFileSync(file, 'latin1').replace(' from ', ' with '), 'latin1')
  const added = 'BOOT-INF/classes/static/größe.txt'
  mkdirSync(path.dirname(path.join(context, added)), { recursive: true })
  writeFileSync(path.join(context, added), 'found')
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  execFileSync('jar', ['--update', '--no-compress', '--file', jar, entry, added], { cwd: context, env })
  rmSync(path.join(context, 'BOOT-INF'), { recursive: true })
  return context
}
