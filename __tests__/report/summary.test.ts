import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/lib/errors.js'
import type { LastImage } from '../../src/proof/figures-annotation.js'
import { fitting, renderFailure, renderSummary } from '../../src/report/summary.js'
import type { Spread } from '../../src/proof/figures.js'
import { aCold, aPublication, aReason, aResult, aStart, withArchive } from '../support/result.js'

describe('the job summary', () => {
  test('has JDK, digest, size and times, and how to start the image by its digest', () => {
    const summary = renderSummary(aResult())
    for (const part of [
      '24-crac+20',
      `sha256:${'c'.repeat(64)}`,
      '112.5 MB',
      '## CRaC checkpoint: starts in 100 ms, 15.0 times faster',
      '| **Restore** | **100 ms** (90 ms to 120 ms) |',
      '| Cold start | 1500 ms (1400 ms to 1600 ms) |',
      '| **Speed-up** | **15.0 times** |',
      '| First 100 requests | 120 ms; 450 ms after a cold start |',
      '| Snapshot | 112.5 MB |',
      '| Image | 48.7 MB sent of 48.7 MB |',
      '| Tags | `ghcr.io/acme/hello:crac`<br>`ghcr.io/acme/hello:1.0` |',
      '> `A restore is not faster than a normal start.`',
      'of 3 runs of each, alternating'
    ]) {
      expect(summary).toContain(part)
    }
    expect(summary).toContain(`ghcr.io/acme/hello@sha256:${'c'.repeat(64)}`)
    expect(summary).toContain('docker run --rm --publish 8080:8080')
    expect(summary).toContain('| `COPY trees/jdk/ /` | 150.7 MB | 48.7 MB |')
    expect(summary).toContain('| together | 150.7 MB | 48.7 MB sent of 48.7 MB |')
    expect(summary).toContain('\n  Inspect the runner (12 ms) : 3, 15\n')
  })

  test('without a snapshot it says why, and needs no flags', () => {
    const { warnings, logs, steps } = aResult()
    const cold = renderSummary(aCold('no CRIU `works`'))
    expect(cold).toContain('no CRIU `works`\nFix: Use another runner.\n')
    expect(cold).toContain('Error (criu): no')
    expect(cold).not.toContain('seccomp.json')
    expect(cold).toContain('This runner does not support snapshots:')
    const refused = renderSummary({ ...aCold('a socket is open'), refused: true })
    expect(refused).toContain('because the checkpoint was refused:')
    expect(refused).not.toContain('This runner')
    const warned = [
      'The image has no snapshot, because the checkpoint was refused: a socket is open',
      'No fonts are installed.'
    ]
    const once = renderSummary({ ...aCold('a socket is open'), refused: true, warnings: warned })
    expect(once.split('a socket is open')).toHaveLength(2)
    expect(once).toContain('No fonts are installed.')
    expect(renderSummary({ outcome: 'skipped', why: aReason('AMX'), warnings, logs, steps })).toContain(
      'AMX\nFix: '
    )
  })

  test('shows the change against the image that the tag has now', () => {
    const spread = (median: number): Spread => ({ minimum: median, median, maximum: median })
    const last: LastImage = {
      tag: 'ghcr.io/acme/hello:crac',
      digest: `sha256:${'d'.repeat(64)}`,
      figures: {
        runs: 5,
        restore: spread(80),
        coldStart: spread(2000),
        speedup: 25,
        requests: undefined,
        snapshotSize: 100_000_000,
        archive: undefined
      }
    }
    const summary = renderSummary(aResult({ proof: { ...aResult().proof, last } }))
    expect(summary).toContain('|  | now | before | change |\n|---|---|---|---|\n')
    expect(summary).toContain('| **Restore** | **100 ms** (90 ms to 120 ms) | 80 ms | +25 % |')
    expect(summary).toContain('| Cold start | 1500 ms (1400 ms to 1600 ms) | 2000 ms | -25 % |')
    expect(summary).toContain('| **Speed-up** | **15.0 times** | 25.0 times | -40 % |')
    expect(summary).toContain('| Snapshot | 112.5 MB | 100.0 MB | +13 % |')
    expect(renderSummary(aResult())).not.toContain('before')
  })

  test('shows the start with the archive of classes between the other two, and its size', () => {
    const summary = renderSummary(withArchive())
    expect(summary).toContain('| Cold start with archive | 750 ms (700 ms to 800 ms) | 1000 ms | -25 % |')
    expect(summary).toContain('| Archive of classes | 25.0 MB | 20.0 MB | +25 % |')
    expect(summary).toContain('x-axis ["cold start: 1500", "cold with archive: 750", "restore: 100"]')
    expect(summary).toContain('bar [1500, 750, 100]')
    const cold = renderSummary({ ...aCold(), image: withArchive().image, archiveStarts: [aStart(500)] })
    expect(cold).toContain('| Cold start with archive | 500 ms |')
    expect(renderSummary(aResult())).not.toMatch(/with archive|Archive of classes/)
  })

  test('says that nothing was timed where `verify` is false', () => {
    const summary = renderSummary(aResult({ proof: { figures: undefined, last: undefined } }))
    expect(summary).toContain('not timed')
    expect(summary).not.toContain('Cold start')
  })

  test('without a push it names the tag, and without tags the image', () => {
    expect(renderSummary(aResult({ publication: aPublication({ digest: undefined }) }))).toContain(
      'image=ghcr.io/acme/hello:crac\n'
    )
    const image = renderSummary(aResult({ publication: aPublication({ digest: undefined, tags: [] }) }))
    expect(image).toContain(`image=sha256:${'b'.repeat(64)}\n`)
  })

  test('shows untrusted text as it is: no mark-up, no table cells, no way out of the code', () => {
    const summary = renderSummary(aResult({ application: 'a | <img src=x> `b` \n## c' }))
    expect(summary).toContain('| Application | `` a \\| <img src=x> `b` ## c `` |')
    const failed = renderFailure(
      new Failure('application', 'x', { fix: 'y', evidence: '```\n<script>\n````' })
    )
    expect(failed.trimEnd().split('\n').at(-1)).toMatch(/^`{7}$/)
  })

  test('of more than GitHub takes is cut, and says so first', () => {
    const tags = Array.from({ length: 40_000 }, (_, index) => `ghcr.io/acme/hello:${index}`)
    const whole = renderSummary(aResult({ publication: aPublication({ tags }) }))
    const steps = Array.from({ length: 40_000 }, (_, index) => ({
      name: `step-${index}`,
      title: `Step ${index}`,
      start: index,
      milliseconds: 1
    }))
    const long = renderSummary(aResult({ steps }))
    for (const markdown of [whole, long, 'x'.repeat(3e6)]) {
      const shown = fitting(markdown)
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(1024 * 1024)
      expect(markdown.length > 1e6 ? shown : '> This summary is cut').toMatch(/^> This summary is cut/)
    }
    expect(fitting('short')).toBe('short')
  })
})
