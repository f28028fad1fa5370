import { describe, expect } from '@jest/globals'
import { engineContents, freshTag, labTest, registryDigest, runAction } from './support/lab.js'

describe('a cancelled run', () => {
  labTest.each(['Build the checkpoint image', 'Take the snapshot', 'Prove the restore'])(
    'killed in "%s": the post step removes what it left',
    async (stage) => {
      const before = engineContents()
      const tag = freshTag('cancelled')
      let pid = 0
      const step = await runAction(
        { tags: tag, push: 'true' },
        {
          onStart: (started) => {
            pid ||= started
          },
          onOutput: (text) => {
            // As a runner ends a step that does not end by itself.
            if (text.includes(`::group::${stage}`)) setTimeout(() => kill(pid), 300)
          }
        }
      )
      expect(step.exitCode).not.toBe(0)
      expect(step.post.exitCode).toBe(0)
      expect(step.left).toEqual([])
      expect(engineContents()).toBe(before)
      expect(await registryDigest(tag)).toBeUndefined()
    }
  )
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It had ended by itself; the expectations tell.
  }
}
