import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PROJECT } from '../../lab/home.js'
import { ensureMavenBuild } from '../../lab/maven.js'
import { progressOnStderr } from '../../lab/progress.js'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  containerLog,
  docker,
  dockerAt,
  freshTag,
  labTest,
  pulledElsewhere,
  runAction,
  withStarted,
  world
} from './support/lab.js'

/** What a build leaves, and what a user of the action says of it. */
interface Built {
  /** Below __tests__/e2e/applications. */
  project: string
  /** In the project. */
  context: string
  inputs: Record<string, string>
  found: string
  /** How the application names itself in its answer. */
  name: string
  /** What it ends with after SIGTERM. */
  exitCode: number
}

const SPRING: Built = {
  project: 'spring',
  context: 'target',
  inputs: {},
  found: 'Found: Spring Boot jar spring-1.0.jar (example.Application), unpacked.',
  name: 'Spring',
  exitCode: 143
}

const LAYOUTS: Record<string, Built> = {
  'a fat jar of Spring Boot': SPRING,
  'quarkus-app/': {
    project: 'quarkus',
    context: 'target',
    inputs: {},
    found: 'Found: Quarkus application (io.quarkus.bootstrap.runner.QuarkusEntryPoint).',
    name: 'Quarkus',
    exitCode: 143
  },
  'classes/ and lib/': {
    project: 'class-path',
    context: 'target',
    inputs: { 'main-class': 'example.Application' },
    found: 'Found: class path of 4 entries (example.Application).',
    name: 'a class path',
    exitCode: 143
  },
  'a jar with its Class-Path beside it': {
    project: 'class-path',
    context: 'target/jar',
    inputs: {},
    found: 'Found: runnable jar class-path-1.0.jar (example.Application).',
    name: 'a class path',
    exitCode: 143
  }
}

const DEPENDENCIES = 'COPY trees/dependencies/ / # buildkit'
const CLASSES = 'COPY trees/classes/ / # buildkit'

describe('layouts of applications', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'e2e-layouts-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  labTest.each(Object.entries(LAYOUTS))(
    '%s: checkpointed, pulled by its digest, restored, called and stopped',
    async (_, built) => {
      const tag = freshTag(built.project)
      const step = await checkpoint(built, { tags: tag, push: 'true' })
      expect(step.log).toContain(built.found)
      expect(Number(step.outputs['restore-time'])).toBeLessThan(Number(step.outputs['cold-start']))

      await pulledElsewhere(tag, step, async (pulled) => {
        await withStarted({ ...pulled, variables: { NAME: 'restore' } }, async (started) => {
          expect(await callUntilAnswer(started)).toBe(`Hello restore from ${built.name}`)
          const there = (...args: string[]): string => dockerAt(pulled.environment, ...args)
          there('stop', '--time', '20', started.name)
          const state = there('inspect', '--format', '{{.State.ExitCode}}', started.name)
          expect(Number(state)).toBe(built.exitCode)
          expect(containerLog(started.name, pulled.environment)).not.toContain('crac-checkpoint:')
        })
      })
    }
  )

  labTest('Spring Boot: a changed class leaves the layer of the dependencies as it was', async () => {
    const [first, second] = [freshTag('spring'), freshTag('spring-changed')]
    const step = await checkpoint(SPRING, { tags: first })
    // Spring Boot tells it itself, in a line of its log.
    const { proof } = JSON.parse(step.outputs['metadata'] ?? '') as { proof: { coldStarts: object[] } }
    expect(proof.coldStarts).toEqual([expect.objectContaining({ jvm: expect.any(Number) })])
    await checkpoint(SPRING, { tags: second, context: withOtherGreeting(folder) })
    const [before, after] = [layersOf(first), layersOf(second)]
    expect(before.get(DEPENDENCIES)).toMatch(/^sha256:/)
    expect(after.get(DEPENDENCIES)).toBe(before.get(DEPENDENCIES))
    expect(after.get(CLASSES)).toMatch(/^sha256:/)
    expect(after.get(CLASSES)).not.toBe(before.get(CLASSES))
    const files = docker('run', '--rm', '--entrypoint', 'find', second, '/app')
    expect(files).toMatch(/^\/app\/lib\/spring-core-[\d.]+\.jar$/m)
    expect(files).toMatch(/^\/app\/classes\/example\/Application\.class$/m)
    await withStarted({ image: second }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('Hello null with Spring')
      // A static resource in META-INF: that stays outside BOOT-INF.
      expect(await callUntilAnswer(started, 'note.txt')).toBe('From META-INF\n')
    })
    docker('image', 'rm', '--force', first, second)
  })

  labTest(
    'Spring Boot: where no CRIU turns out to work, the image without a snapshot has it too',
    async () => {
      const [tag, base] = [freshTag('spring-cold'), `e2e-no-criu-${process.pid}`]
      const broken = `printf '#!/bin/sh\\necho "Version: 4.1.1"\\n[ "$1" = --version ]\\n' > "$(command -v criu)"`
      mkdirSync(path.join(folder, 'base'))
      writeFileSync(path.join(folder, 'base/Dockerfile'), `FROM ${world.baseImage}\nRUN ${broken}\n`)
      docker('build', '--tag', base, path.join(folder, 'base'))
      const inputs = { tags: tag, 'base-image': base, 'on-unsupported-runner': 'cold' }
      const step = await checkpoint(SPRING, inputs)
      expect(step.log).toContain('This runner takes no snapshots: No CRIU works on this runner.')
      await withStarted({ image: tag, flags: [] }, async (started) => {
        expect(await callUntilAnswer(started)).toBe('Hello null from Spring')
      })
      docker('image', 'rm', '--force', tag, base)
    }
  )

  async function checkpoint(built: Built, inputs: Record<string, string>): Promise<StepResult> {
    const sources = path.join(PROJECT, '__tests__/e2e/applications', built.project)
    await ensureMavenBuild(sources, world.environment, progressOnStderr)
    const step = await runAction({
      context: path.join(sources, built.context),
      ...built.inputs,
      ...inputs
    })
    if (step.exitCode !== 0) throw new Error(step.log)
    return step
  }

  /** The flags of the output, with the file that they name taken out of the image, as the README says. */
})

/** A context with the jar of the fixture, in which one constant of one class is another. */
function withOtherGreeting(folder: string): string {
  const context = path.join(folder, 'changed')
  const jar = path.join(context, 'spring-1.0.jar')
  const entry = 'BOOT-INF/classes/example/Application.class'
  mkdirSync(context)
  copyFileSync(path.join(PROJECT, '__tests__/e2e/applications/spring/target/spring-1.0.jar'), jar)
  execFileSync('jar', ['--extract', '--file', jar, entry], { cwd: context })
  const file = path.join(context, entry)
  writeFileSync(file, readFileSync(file, 'latin1').replace(' from ', ' with '), 'latin1')
  execFileSync('jar', ['--update', '--no-compress', '--file', jar, entry], { cwd: context })
  return context
}

/** The digests of an image's layers, by the instruction that made each. */
function layersOf(image: string): Map<string, string> {
  const digests = docker('image', 'inspect', '--format', '{{join .RootFS.Layers " "}}', image).split(' ')
  // The newest is first. Only these instructions make layers; what the base image has before them does not count.
  const made = docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', image)
    .split('\n')
    .filter((instruction) => /^(COPY|ADD|RUN|WORKDIR) /.test(instruction))
  return new Map(made.map((instruction, index) => [instruction, digests.at(-1 - index) ?? '']))
}
