import { describe, expect } from '@jest/globals'
import { callUntilAnswer } from '../../../lab/started-image.js'
import { docker, labBeforeAll, labTest, pulledAgain, withStarted } from '../support/lab.js'
import { expectSame, javaImage, remade, RESTORED } from '../support/makers.js'

const MINUTES = 60_000

describe('an image on which CRIU cannot work gives its application to the base image', () => {
  let java: string
  labBeforeAll(() => {
    java = javaImage()
  }, 10 * MINUTES)

  labTest(
    'without a shell: it does what the original does',
    async () => {
      const { original, tag, step } = await remade('distroless', 'plain', java)
      expect(step.log).toMatch(/It has no shell \(Debian .*: its application goes onto .* \(`base-image`\)/)
      expect(step.log).toMatch(/Left behind: .*\/usr\/lib \(\d/)
      await expectSame(tag, step, { original })
      await pulledAgain(tag, step, ({ image }) => {
        const files = ['/usr/src/app/image-plain-1.0.jar', '/data/orders', '/var/orders']
        const stat = (from: string): string =>
          docker('run', '--rm', '--entrypoint', 'stat', from, '-c', '%n %u:%g %a %s %F', ...files)
        expect(stat(image)).toBe(stat(original))
        const times = ['-c', '%Y', files[0] ?? '']
        expect(docker('run', '--rm', '--entrypoint', 'stat', image, ...times)).toBe(
          docker('run', '--rm', '--entrypoint', 'stat', original, ...times)
        )
        const gone = ['-c', 'test ! -e /opt/java/openjdk/bin/java']
        docker('run', '--rm', '--entrypoint', 'sh', image, ...gone)
        return Promise.resolve()
      })
    },
    20 * MINUTES
  )

  labTest(
    'with musl: its application is restored on glibc',
    async () => {
      const { tag, step } = await remade('musl', 'plain', java)
      expect(step.log).toContain('It has musl (Alpine Linux v3.22), and CRaC JDKs and CRIU need glibc')
      expect(step.log).toContain('Native libraries that may need musl: /app/native/libnative.so.')
      await pulledAgain(tag, step, async (pulled) => {
        await withStarted({ ...pulled, variables: RESTORED }, async (started) => {
          expect(await callUntilAnswer(started)).toContain('\nGIVEN=by-the-image\n')
        })
      })
    },
    20 * MINUTES
  )
})
