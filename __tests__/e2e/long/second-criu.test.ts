import { expect } from '@jest/globals'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ensureCriuImage } from '../../../lab/criu-image.js'
import { callUntilAnswer } from '../../../lab/started-image.js'
import { docker, e2eSuite, freshTag, labTest, pulledAgain, withStarted, world } from '../support/lab.js'

/** CRIU 3.17.1 fails on kernels from 6.13 on. */
const DEBIAN_12 = [
  'RUN echo "deb http://deb.debian.org/debian bookworm main" >/etc/apt/sources.list.d/bookworm.list',
  'RUN apt-get -o Acquire::Retries=3 update -qq',
  'RUN apt-get -o Acquire::Retries=3 install -y -qq --no-install-recommends --allow-downgrades criu/bookworm'
]

e2eSuite('a base image whose CRIU fails on this kernel', ['Server'], ({ folder, job }) => {
  labTest(
    'gets the one of criu-image, which the restore needs too, and the log says why',
    async () => {
      const [major = 0, minor = 0] = docker('version', '--format', '{{.Server.KernelVersion}}')
        .split('.')
        .map(Number)
      expect(major * 100 + minor).toBeGreaterThanOrEqual(613)
      const criu = await ensureCriuImage(world)
      const tag = freshTag('second-criu')
      const base = `crac-checkpoint-lab/old-criu:${process.pid}`
      const context = path.join(folder, 'base')
      mkdirSync(context)
      writeFileSync(
        path.join(context, 'Dockerfile'),
        [`FROM ${world.baseImage}`, ...DEBIAN_12, ''].join('\n')
      )
      docker('build', '--quiet', '--tag', base, context)
      try {
        const step = await job({ 'base-image': base, 'criu-image': criu, tags: tag, push: 'true' })
        expect(step.log).toMatch(/^The base image's CRIU 3\.17\S*, with privilege level least: (?!works)/m)
        expect(step.log).toMatch(/^Using CRIU [4-9]\S* \(image\): the system one \(3\.17\S*\) fails here: /m)
        expect(JSON.parse(step.outputs['metadata'] ?? '')).toMatchObject({
          snapshot: { criu: { kind: 'image' }, privileges: 'least' }
        })
        await pulledAgain(tag, step, async (pulled) => {
          await withStarted(pulled, async (started) => {
            expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
            expect(docker('logs', started.name)).not.toContain('starting the application normally')
          })
        })
      } finally {
        docker('image', 'rm', '--force', base, criu)
      }
    },
    900_000
  )
})
