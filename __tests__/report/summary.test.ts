import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/errors.js'
import { renderFailure, fitting, renderSummary } from '../../src/report/summary.js'
import { aResult } from '../support/result.js'

describe('the job summary', () => {
  test('has JDK, digest, size and times, and how to start the image by its digest', () => {
    const summary = renderSummary(aResult())
    for (const part of [
      '24-crac+20',
      `sha256:${'c'.repeat(64)}`,
      '112.5 MB',
      '1500 ms',
      '100 ms (15.0 times faster)'
    ]) {
      expect(summary).toContain(part)
    }
    expect(summary).toContain(`ghcr.io/acme/hello@sha256:${'c'.repeat(64)}`)
    expect(summary).toContain('docker run --rm --publish 8080:8080')
    expect(summary).toContain('| `COPY trees/jdk/ /` | 150.7 MB | 48.7 MB |')
    expect(summary).toContain('| together | 150.7 MB | 48.7 MB sent of 48.7 MB |')
  })

  test('without a snapshot it says why, and needs no flags', () => {
    const { jdk, application, baseImage, imageId, tags, digest, layers, logs, phases, port, user } = aResult()
    const common = { jdk, application, baseImage, imageId, tags, digest, layers, logs, phases, port, user }
    const cold = renderSummary({ outcome: 'cold', reason: 'no CRIU `works`', coldStart: 900, ...common })
    expect(cold).toContain('no CRIU `works`')
    expect(cold).not.toContain('seccomp.json')
    expect(renderSummary({ outcome: 'skipped', reason: 'AMX', logs, phases })).toContain('AMX')
  })

  test('without a push it names the tag, and without tags the image', () => {
    expect(renderSummary(aResult({ digest: undefined }))).toContain('image=ghcr.io/acme/hello:crac\n')
    const image = renderSummary(aResult({ digest: undefined, tags: [] }))
    expect(image).toContain(`image=sha256:${'b'.repeat(64)}\n`)
  })

  test('shows text of others as it is: no mark-up, no table cells, no way out of the code', () => {
    const summary = renderSummary(aResult({ application: 'a | <img src=x> `b` \n## c' }))
    expect(summary).toContain('| Application | `` a \\| <img src=x> `b` ## c `` |')
    const failed = renderFailure(
      new Failure('application', 'x', { cure: 'y', evidence: '```\n<script>\n````' })
    )
    expect(failed.trimEnd().split('\n').at(-1)).toMatch(/^`{7}$/)
  })

  test('of more than GitHub takes is cut, and says so first', () => {
    const tags = Array.from({ length: 40_000 }, (_, index) => `ghcr.io/acme/hello:${index}`)
    const whole = renderSummary(aResult({ tags }))
    const phases = Array.from({ length: 40_000 }, (_, index) => ({ name: `phase ${index}`, milliseconds: 1 }))
    const long = renderSummary(aResult({ phases }))
    for (const markdown of [whole, long, 'x'.repeat(3e6)]) {
      const shown = fitting(markdown)
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(1024 * 1024)
      expect(markdown.length > 1e6 ? shown : '> This summary is cut').toMatch(/^> This summary is cut/)
    }
    expect(fitting('short')).toBe('short')
  })
})
