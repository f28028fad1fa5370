import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startRegistryFront } from '../../lab/registry-front.js'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { seeded } from '../support/seeded.js'
import {
  annotations,
  available,
  buildFixture,
  docker,
  errorOf,
  freshTag,
  labTest,
  runAction,
  world
} from './support/lab.js'
import { cancelAsRunner, completeDigest, machineContents, requireEnd, send } from './support/left.js'

describe('a cancelled run', () => {
  let fixture: ReturnType<typeof buildFixture>
  beforeAll(() => {
    if (available) fixture = buildFixture('Server')
  })
  afterAll(() => {
    if (available) fixture.remove()
  })

  /** A run that something happens to, `after` milliseconds behind the first appearance of a text in its log, or behind its start. */
  async function interrupted(
    inputs: Record<string, string>,
    happens: (pid: number) => void,
    at: { text?: string; after: number },
    options: Partial<StepOptions> = {}
  ): Promise<StepResult & { took: number }> {
    let pid = 0
    let seen = ''
    let told = 0
    let ended = 0
    const fire = (): void => {
      if (told > 0) return
      told = Infinity
      setTimeout(() => {
        if (ended > 0) return
        told = Date.now()
        happens(pid)
      }, at.after)
    }
    const step = await runAction(
      { context: fixture.context, 'verify-runs': '1', ...inputs },
      {
        onStart: (started) => {
          pid = started
          if (at.text === undefined) fire()
        },
        onOutput: (text) => {
          seen += text
          if (at.text !== undefined && seen.includes(at.text)) fire()
        },
        between: () => {
          ended = Date.now()
          return Promise.resolve()
        },
        ...options
      }
    )
    return { ...step, took: ended - told }
  }

  labTest.each([
    ['Inspect the runner', 50, 'SIGINT'],
    ['Resolve the JDK', 50, 'SIGTERM'],
    ['Build the checkpoint image', 300, 'SIGINT'],
    ['Choose what takes the snapshot', 300, 'SIGINT'],
    ['Take the snapshot', 300, 'SIGINT'],
    ['Build the runtime image', 300, 'SIGTERM'],
    ['Prove the restore', 300, 'SIGINT'],
    ['Scan the image for secrets, and pack it', 300, 'SIGINT']
  ] as const)(
    'in "%s" ends by itself, says so, and has removed what it made',
    async (stage, after, signal) => {
      const before = machineContents()
      const tag = freshTag('cancelled')
      const step = await interrupted(
        { tags: tag, push: 'true' },
        (pid) => (signal === 'SIGINT' ? cancelAsRunner(pid) : send(pid, signal)),
        { text: `::group::${stage}`, after }
      )
      expect(step.exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
      expect(annotations(step, 'error')).toHaveLength(1)
      expect(errorOf(step)).toContain(`The run was cancelled (${signal}).`)
      expect(errorOf(step)).toContain('category: cancelled')
      expect(step.summary).toContain('was cancelled')
      // A runner would ask a second time after 7.5 s.
      expect(step.took).toBeLessThan(7500)
      expect(step.log).not.toContain('may be left behind')
      expect(step.post).toMatchObject({ exitCode: 0, log: expect.not.stringContaining('::warning') })
      expect(step.left).toEqual([])
      expect(machineContents()).toBe(before)
      expect(await completeDigest(tag)).toBeUndefined()
    }
  )

  labTest('in a warm-up script ends the script, and what that has started', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'e2e-cancel-'))
    try {
      const script = path.join(folder, 'warm-up')
      writeFileSync(script, `#!/bin/sh\nsleep 300 &\necho $! > ${folder}/pid\necho warming\nwait\n`, {
        mode: 0o755
      })
      for (const how of ['SIGINT', 'SIGKILL'] as const) {
        const before = machineContents()
        const step = await interrupted({ 'warmup-script': script }, (pid) => send(pid, how), {
          text: '\nwarming\n',
          after: 50
        })
        expect(step.exitCode).toBe(how === 'SIGINT' ? 130 : 1)
        await requireEnd(Number(readFileSync(`${folder}/pid`, 'utf8')))
        expect(step.left).toEqual([])
        expect(machineContents()).toBe(before)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  // The tags of an image that is there, which the registry lets be moved very slowly.
  labTest.each(['SIGINT', 'SIGKILL'] as const)(
    'by %s between two tags gives the first one back what it had',
    async (how) => {
      const tags = [freshTag('cancelled-tags'), freshTag('cancelled-tags')].map(
        (tag, index) => `${tag}-${index}`
      )
      const front = await startRegistryFront(world.registry)
      const there = (tag: string): string => tag.replace(world.registry, front.address)
      try {
        const inputs = { tags: tags.map(there).join('\n'), push: 'true', 'verify-runs': '1' }
        const first = await runAction({ context: fixture.context, ...inputs })
        expect(annotations(first, 'error')).toEqual([])
        const digest = first.outputs['digest']
        docker('image', 'rm', '--force', ...tags.map(there))

        const before = machineContents()
        front.requests.splice(0)
        front.script({ method: 'PUT', path: /manifests\/crac-1$/, hang: true })
        let pid = 0
        const waiting = runAction(
          { context: fixture.context, ...inputs, labels: 'other=image' },
          { onStart: (started) => (pid = started) }
        )
        await front.asked('PUT', /manifests\/crac-1$/)
        expect(await completeDigest(tags[0] ?? '')).not.toBe(digest)
        front.script()
        send(pid, how)
        const step = await waiting
        expect(step.exitCode).toBe(how === 'SIGINT' ? 130 : 1)
        for (const tag of tags) expect(await completeDigest(tag)).toBe(digest)
        const told = how === 'SIGINT' ? errorOf(step) : step.post.log
        expect(told).toContain(`${there(tags[0] ?? '')} was put back to ${digest}.`)
        expect(step.post.exitCode).toBe(0)
        expect(step.left).toEqual([])
        expect(machineContents()).toBe(before)
      } finally {
        await front.close()
      }
    }
  )

  labTest('whose post step finds no engine is told, and does not fail', async () => {
    const step = await interrupted(
      {},
      (pid) => send(pid, 'SIGKILL'),
      { text: '::group::Take the snapshot', after: 300 },
      {
        postEnvironment: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
      }
    )
    expect(step.post.exitCode).toBe(0)
    expect(step.post.log).toContain(
      '::warning::Something of this run may be left behind: No Docker engine answers.'
    )
    expect(step.left).toEqual([])
    // What that left, the next run finds.
    const next = await runAction({ context: fixture.context, 'verify-runs': '1' })
    expect(next.log).toMatch(/Removed what the run \S+ left, which ended without its clean-up\.\n/)
    expect(docker('ps', '--all', '--quiet')).toBe('')
  })

  const moments = Number(process.env['CANCEL_MOMENTS'] || 6)
  labTest(
    'at random moments leaves nothing, and no tag without its content',
    async () => {
      const seed = Number(process.env['CANCEL_SEED'] || Date.now() % 1e6)
      const random = seeded(seed)
      const tags = [1, 2].map((number) => `${freshTag('random')}-${number}`)
      const inputs = { context: fixture.context, tags: tags.join('\n'), push: 'true', 'verify-runs': '1' }
      // The second one has the engine's cache, as those that follow.
      await runAction(inputs)
      const first = await runAction({ ...inputs, labels: 'moment=none' })
      expect(annotations(first, 'error')).toEqual([])
      const stages = stagesOf(first)
      const duration = stages.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
      const push = stages.filter(({ title }) => /pack it$|^Push$/.test(title))
      const ofPush = push.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
      let digest = first.outputs['digest']
      docker('image', 'rm', '--force', ...tags)
      const before = machineContents()
      const told = [`seed ${seed}; a whole run takes ${duration} ms, ${ofPush} ms of them for the push`]
      try {
        for (let moment = 0; moment < moments; moment++) {
          const inPush = moment % 4 === 3
          const how = random.below(2) === 0 ? 'as a runner' : 'killed'
          const { title, after } = momentIn(inPush ? push : stages, random.below(1e6) / 1e6)
          // By the stage that it begins in: runs differ in their pace.
          const at = { text: `::group::${title}`, after }
          const step = await interrupted(
            { ...inputs, labels: `moment=${moment}` },
            (pid) => (how === 'killed' ? send(pid, 'SIGKILL') : cancelAsRunner(pid)),
            at
          )
          const stage = [...step.log.matchAll(/^::group::(.*)$/gm)].at(-1)?.[1] ?? 'before the first stage'
          const done = step.outputs['digest'] !== undefined
          told.push(
            `${how} ${after} ms into "${title}": in "${stage}", ended with ${step.exitCode}${done ? ', and was done' : ''}`
          )
          const now = [await completeDigest(tags[0] ?? ''), await completeDigest(tags[1] ?? '')]
          if (done) {
            digest = step.outputs['digest']
            docker('image', 'rm', '--force', ...tags)
          }
          expect({ moment, now, left: step.left, post: step.post.exitCode }).toEqual({
            moment,
            now: [digest, digest],
            left: [],
            post: 0
          })
          expect(machineContents()).toBe(before)
        }
      } finally {
        console.log(told.join('\n'))
      }
      const again = await runAction(inputs)
      expect(annotations(again, 'error')).toEqual([])
      docker('image', 'rm', '--force', ...tags)
    },
    120_000 + moments * 40_000
  )
})

interface Stage {
  title: string
  milliseconds: number
}

/** The stages of a run, as its log names them. */
function stagesOf(step: StepResult): Stage[] {
  const titles = [...step.log.matchAll(/^::group::(.*)$/gm)].map(([, title = '']) => title)
  const { phases } = JSON.parse(step.outputs['metadata'] ?? '{}') as { phases: { milliseconds: number }[] }
  return titles.map((title, index) => ({ title, milliseconds: phases[index]?.milliseconds ?? 0 }))
}

/** The moment at a share of these stages' time. */
function momentIn(stages: readonly Stage[], share: number): { title: string; after: number } {
  let left = share * stages.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  for (const { title, milliseconds } of stages) {
    if (left < milliseconds) return { title, after: Math.round(left) }
    left -= milliseconds
  }
  throw new Error('there are no stages')
}
