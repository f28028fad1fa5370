import { expect } from '@jest/globals'
import type { StepResult } from '../../../lab/runner.js'
import { seeded } from '../../support/seeded.js'
import { interruptedRuns } from '../support/interrupted.js'
import { annotations, docker, e2eSuite, freshTag, labTest, runAction } from '../support/lab.js'
import { cancelAsRunner, completeDigest, machineContents, send } from '../support/left.js'

e2eSuite('a cancelled run', ['Server'], ({ context }) => {
  const interrupted = interruptedRuns(context)

  const moments = Number(process.env['CANCEL_MOMENTS'] || 20)
  labTest(
    'at random moments leaves nothing, and no tag without its content',
    async () => {
      const seed = Number(process.env['CANCEL_SEED'] || Date.now() % 1e6)
      const random = seeded(seed)
      const tags = [1, 2].map((number) => `${freshTag('random')}-${number}`)
      const inputs = {
        context,
        tags: tags.join('\n'),
        push: 'true',
        'secret-scan': 'fail',
        'verify-runs': '1'
      }
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
          // The runner would send SIGTERM after 7.5 s.
          const late = how === 'as a runner' && step.took > 7500
          expect({ moment, now, late, left: step.left, post: step.post.exitCode }).toEqual({
            moment,
            now: [digest, digest],
            late: false,
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
