import { describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { endOrphans, RUN_VARIABLE } from '../../src/run/orphans.js'

describe('endOrphans', () => {
  test("ends the processes of the run, and no other run's", async () => {
    const start = (run: string) => spawn('sleep', ['30'], { env: { ...process.env, [RUN_VARIABLE]: run } })
    const mine = start('run-1')
    const another = start('run-10')
    await Promise.all([once(mine, 'spawn'), once(another, 'spawn')])
    const ended = once(mine, 'exit')
    expect(await endOrphans('run-1')).toBe(1)
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(another.exitCode).toBeNull()
    expect(await endOrphans('run-10')).toBe(1)
    expect(await endOrphans('run-1')).toBe(0)
  })

  test('finds none where there is no proc file system', async () => {
    expect(await endOrphans('run-1', '/none')).toBe(0)
  })
})
