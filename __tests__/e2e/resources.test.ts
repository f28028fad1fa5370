import { expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { withEmptyDocker } from '../../lab/docker/empty-docker.js'
import { labHome } from '../../lab/home.js'
import {
  annotations,
  docker,
  dockerAt,
  e2eSuite,
  engineTest,
  errorOf,
  freshTag,
  labTest,
  runAction,
  world
} from './support/lab.js'
import { completeDigest, machineContents } from './support/left.js'
import { peakMemory } from './support/peak-memory.js'

/** Sizes of the large snapshot and of the long log, in megabytes; the nightly run has larger ones. */
const LARGE = Number(process.env['LARGE_SNAPSHOT'] || 256)
const LOG = Number(process.env['LONG_LOG'] || 150)

/** Last line of the checkpoint script, after the output of the application. */
const LAST_LINE = /crac-checkpoint: the JVM ended with 137, as it does when CRIU has dumped it$/

e2eSuite('resources', ['Heavy', 'Server'], ({ folder: place, context }) => {
  async function onSmallDisk<T>(size: string, work: (folder: string) => Promise<T>): Promise<T> {
    const folder = mkdtempSync(path.join(place, 'disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
    try {
      return await work(folder)
    } finally {
      execFileSync('umount', [folder])
    }
  }

  const heavy = (memory: number, log: number): Record<string, string> => ({
    context,
    'java-options': ['-Xmx2g', `-Dmemory=${memory}`, `-Dlog=${log}`].join('\n'),
    'startup-timeout': '3m',
    'checkpoint-timeout': '3m'
  })

  labTest(
    'the memory of the action does not grow with the snapshot or with the log',
    async () => {
      async function peakOf(
        memory: number,
        log: number
      ): Promise<{ peak: number; logs: Record<string, number> }> {
        const measured = peakMemory()
        const tag = freshTag('heavy')
        const logs: Record<string, number> = {}
        const step = await runAction(
          { ...heavy(memory, log), tags: tag, push: 'true', 'secret-scan': 'fail' },
          {
            onStart: measured.follow,
            between: (step) => {
              const folder = step.outputs['logs'] ?? ''
              for (const name of readdirSync(folder).filter((file) => file.startsWith('application.log')))
                logs[name] = statSync(path.join(folder, name)).size
              expect(readFileSync(path.join(folder, 'application.log'), 'latin1').trimEnd()).toMatch(
                LAST_LINE
              )
              return Promise.resolve()
            }
          }
        )
        expect(annotations(step, 'error')).toEqual([])
        expect(Number(step.outputs['snapshot-size'])).toBeGreaterThan(memory * 1e6)
        expect(step.log.length).toBeLessThan(12e6)
        docker('image', 'rm', '--force', tag)
        return { peak: measured.megabytes(), logs }
      }
      const small = await peakOf(64, 0)
      const large = await peakOf(LARGE, LOG)
      console.log(
        `most memory: ${small.peak} MB; with a snapshot of ${LARGE} MB and ${LOG} MB of log ${large.peak} MB; kept: ${JSON.stringify(large.logs)}`
      )
      // Text that goes by is garbage of up to 70 MB, however much it is (200 to 800 MB were measured).
      expect(large.peak).toBeLessThan(small.peak + 150)
      // What is written faster than the engine hands it on loses its middle.
      for (const size of Object.values(large.logs)) expect(size).toBeLessThan(70e6)
    },
    600_000
  )

  labTest('a runner without enough disk space for the JDK fails before the download', async () => {
    await onSmallDisk('20m', async (runnerTemp) => {
      const step = await runAction({ context }, { runnerTemp, toolCache: path.join(runnerTemp, 'tools') })
      expect(errorOf(step)).toMatch(
        /Not enough disk space for \S+\.tar\.gz: [\d.]+ MB are needed in \S+, and [\d.]+ MB are free\./
      )
      expect(errorOf(step)).toContain('category: runner')
      expect(step.log).not.toContain('Build the checkpoint image')
      expect(step.left.filter((name) => !name.startsWith('tools'))).toEqual([])
    })
  })

  labTest('a runner whose disk fills up while layers are packed moves no tag, and cleans up', async () => {
    const before = machineContents()
    const tag = freshTag('full')
    // For the JDK, the context and the packed layers, not for 200 MB of layer that do not pack.
    await onSmallDisk('260m', async (runnerTemp) => {
      const inputs = { ...heavy(200, 0), tags: tag, push: 'true' }
      const step = await runAction(inputs, { runnerTemp })
      expect(errorOf(step)).toMatch(
        /The disk of the runner is full \([^\n]*ENOSPC[^\n]*\): [\d.]+ MB are free in /
      )
      expect(errorOf(step)).toContain('category: runner')
      expect(await completeDigest(tag)).toBeUndefined()
      expect(step.post).toMatchObject({ exitCode: 0, log: expect.not.stringContaining('::warning') })
      expect(step.left).toEqual([])
      expect(machineContents()).toBe(before)
      // Without the fault the same run goes through.
      const again = await runAction({ ...inputs, ...heavy(8, 0) }, { runnerTemp })
      expect(annotations(again, 'error')).toEqual([])
      docker('image', 'rm', '--force', tag)
    })
  })

  engineTest("Docker's disk is too small: the run names the space that was free, and cleans up", async () => {
    const base = path.join(place, 'base.tar')
    docker('save', '--output', base, world.baseImage)
    await withEmptyDocker(
      labHome(),
      async (environment) => {
        dockerAt(environment, 'load', '--input', base)
        const before = dockerAt(environment, 'image', 'ls', '--all', '--quiet')
        for (const [memory, where] of [
          [1000, 'Take the snapshot'],
          [300, 'Make the image with the snapshot']
        ] as const) {
          const step = await runAction(heavy(memory, 0), { environment })
          expect([...step.log.matchAll(/^::group::(.*)$/gm)].at(-1)?.[1]).toBe(where)
          expect(errorOf(step)).toMatch(/disk became full while CRIU wrote|Docker's disk is full/)
          expect(errorOf(step)).toContain('category: runner')
          expect(errorOf(step)).toMatch(/When the run began, [\d.]+ MB were free on Docker's disk/)
          expect(step.post.exitCode).toBe(0)
          expect(step.left).toEqual([])
          expect(dockerAt(environment, 'ps', '--all', '--quiet')).toBe('')
          expect(dockerAt(environment, 'image', 'ls', '--all', '--quiet')).toBe(before)
        }
      },
      { size: '1300m' }
    )
  })
})
