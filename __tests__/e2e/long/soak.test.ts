import { expect } from '@jest/globals'
import { callUntilAnswer } from '../../../lab/started-image.js'
import { annotations, docker, freshTag, labTest, runAction, withStarted, world } from '../support/lab.js'
import { completeDigest, machineContents } from '../support/left.js'
import { peakMemory } from '../support/peak-memory.js'

const RUNS = Number(process.env['SOAK_RUNS'] || 10)

labTest(
  'runs in a row: the sample is checkpointed, restored and pushed, answers each time, and nothing is left but the images',
  async () => {
    const tag = freshTag('soak')
    const digests = new Set<string>()
    const peaks: number[] = []
    const told: string[] = []
    const before = machineContents()
    try {
      for (let run = 1; run <= RUNS; run++) {
        const memory = peakMemory()
        const begin = Date.now()
        const step = await runAction(
          {
            context: world.context,
            tags: tag,
            push: 'true',
            labels: `run=${run}`,
            'secret-scan': 'fail',
            'verify-runs': '1'
          },
          { onStart: memory.follow }
        )
        expect(annotations(step, 'error')).toEqual([])
        expect(step).toMatchObject({ exitCode: 0, post: { exitCode: 0 }, left: [] })
        expect(await completeDigest(tag)).toBe(step.outputs['digest'])
        digests.add(step.outputs['digest'] ?? '')
        peaks.push(memory.megabytes())
        // Without its fallback: what answers was restored.
        const variables = { CRAC_ON_RESTORE_FAILURE: 'exit' }
        await withStarted({ image: tag, variables }, async (started) => {
          expect(await callUntilAnswer(started)).toBe('Hello World')
        })
        docker('image', 'rm', '--force', tag)
        told.push(`${run}: ${((Date.now() - begin) / 1000).toFixed(1)} s, ${memory.megabytes()} MB`)
        expect(machineContents()).toBe(before)
      }
    } finally {
      console.log(told.join('\n'))
    }
    expect(digests.size).toBe(RUNS)
    // What grew with the number of runs would be in what they left: each run is a process of its own.
    expect(Math.max(...peaks)).toBeLessThan(1.5 * Math.min(...peaks))
  },
  RUNS * 120_000
)
