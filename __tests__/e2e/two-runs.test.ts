import { expect } from '@jest/globals'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { callUntilAnswer } from '../../lab/started-image.js'
import type { StepResult } from '../../lab/runner.js'
import {
  annotations,
  byDigest,
  docker,
  e2eSuite,
  freshTag,
  labTest,
  runAction,
  withStarted,
  world
} from './support/lab.js'
import { cancelAsRunner, completeDigest, machineContents, send } from './support/left.js'

// One engine and one tool cache for both.
e2eSuite('two runs at once', ['Server'], ({ folder, context }) => {
  const toolCache = path.join(folder, 'tools')

  const run = (
    tag: string,
    label: string,
    options: Parameters<typeof runAction>[1] = {}
  ): Promise<StepResult> =>
    runAction(
      { context, tags: tag, push: 'true', 'java-options': `-Dgiven=${label}` },
      { toolCache, ...options }
    )

  function good(step: StepResult): void {
    expect(annotations(step, 'error')).toEqual([])
    expect(step).toMatchObject({ exitCode: 0, post: { exitCode: 0 }, left: [] })
    expect(step.log).not.toContain('Removed what the run')
    expect(step.log).not.toContain('tool cache is not used')
  }

  labTest(
    'with an empty tool cache and the same tag both succeed, and the tag has the image of one of them',
    async () => {
      const before = machineContents()
      const tag = freshTag('at-once')
      const steps = await Promise.all([run(tag, 'one'), run(tag, 'two')])
      steps.forEach(good)
      const digest = await completeDigest(tag)
      expect(steps.map(({ outputs }) => outputs['digest'])).toContain(digest)
      const archives = readdirSync(toolCache, { recursive: true }).filter((name) =>
        String(name).endsWith('.tar.gz')
      )
      expect(archives).toHaveLength(1)
      // Neither took the other's parts for its own.
      for (const [index, step] of steps.entries()) {
        const image = byDigest(tag, step)
        docker('pull', '--quiet', image)
        await withStarted({ image }, async (started) => {
          expect(await callUntilAnswer(started)).toMatch(index === 0 ? /^one\|/ : /^two\|/)
        })
      }
      for (const { outputs } of steps) docker('image', 'rm', '--force', outputs['imageid'] ?? '')
      expect(machineContents()).toBe(before)
    }
  )

  labTest.each(['cancelled', 'killed'])('one of them %s does not affect the other', async (how) => {
    const before = machineContents()
    const [tag, other] = [freshTag('goes-on'), freshTag('ends')]
    let ending: Promise<StepResult> | undefined
    const step = await run(tag, 'goes-on', {
      onOutput: (text) => {
        if (ending !== undefined || !text.includes('::group::Build the checkpoint image')) return
        let pid = 0
        ending = run(other, 'ends', {
          onStart: (started) => (pid = started),
          onOutput: (theirs) => {
            if (theirs.includes('::group::Take the snapshot'))
              (how === 'killed' ? send : cancelAsRunner)(pid, 'SIGKILL')
          }
        })
      }
    })
    const ended = await ending
    good(step)
    expect(await completeDigest(tag)).toBe(step.outputs['digest'])
    expect(ended?.exitCode).toBe(how === 'killed' ? 1 : 130)
    expect(ended?.left).toEqual([])
    expect(await completeDigest(other)).toBeUndefined()
    docker('image', 'rm', '--force', tag)
    expect(machineContents()).toBe(before)
  })
})

e2eSuite('a run after one whose machine died', ['Server'], ({ context }) => {
  labTest('removes what that left, and nothing else', async () => {
    const runnerTemp = mkdtempSync(path.join(tmpdir(), 'e2e-died-'))
    try {
      const before = machineContents()
      let pid = 0
      await runAction(
        { context },
        {
          runnerTemp,
          withoutPost: true,
          onStart: (started) => (pid = started),
          onOutput: (text) => {
            if (text.includes('::group::Take the snapshot')) setTimeout(() => send(pid, 'SIGKILL'), 500)
          }
        }
      )
      expect(docker('ps', '--all', '--quiet')).not.toBe('')
      const stranger = docker(
        'create',
        '--label',
        'io.github.crac-checkpoint.run=by-hand',
        world.baseImage,
        'true'
      )
      const next = await runAction({ context }, { runnerTemp })
      expect(annotations(next, 'error')).toEqual([])
      expect(next.log).toMatch(/^Removed what the run \S+ left, which ended without its clean-up\.$/m)
      expect(docker('rm', stranger)).toBe(stranger)
      expect(machineContents()).toBe(before)
      // The folder of the runner's own is emptied by the runner: only the logs may be there.
      expect(
        readdirSync(runnerTemp, { recursive: true }).filter((name) => String(name).includes('work'))
      ).toEqual([])
    } finally {
      rmSync(runnerTemp, { recursive: true })
    }
  })
})
