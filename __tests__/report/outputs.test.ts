import { describe, expect, test } from '@jest/globals'
import { outputsOf } from '../../src/report/outputs.js'
import { metadataErrors } from '../support/metadata.js'
import { aPublication, aReason, aResult, outcomes } from '../support/result.js'

describe('outputsOf', () => {
  test('gives whole milliseconds, bytes, and one tag a line', () => {
    expect(outputsOf(aResult())).toMatchObject({
      digest: `sha256:${'c'.repeat(64)}`,
      tags: 'ghcr.io/acme/hello:crac\nghcr.io/acme/hello:1.0',
      'java-version': '24-crac+20',
      'snapshot-size': '112500000',
      'checkpoint-duration': '700',
      'restore-time': '100',
      'cold-start': '1500',
      speedup: '15.0'
    })
  })

  test('times are medians, and empty where nothing was timed; metadata has every run', () => {
    const outputs = outputsOf(aResult({ proof: { figures: undefined, last: undefined } }))
    expect(outputs).toMatchObject({ 'restore-time': '', 'cold-start': '', speedup: '' })
    expect(JSON.parse(outputs['metadata'] ?? '')).toMatchObject({
      proof: { restoreTime: null, restores: [] }
    })
    const metadata: unknown = JSON.parse(outputsOf(aResult())['metadata'] ?? '')
    expect(metadata).toMatchObject({
      proof: {
        restoreTime: 100,
        answer: { restore: { minimum: 90, median: 100, maximum: 120 } },
        requests: { count: 100, coldStart: { median: 450 } },
        restores: [{ answer: 90 }, { answer: 100, requests: { count: 100, duration: 110 } }, { answer: 120 }],
        coldStarts: [{ answer: 1500 }, { answer: 1400 }, { answer: 1600 }]
      },
      last: null
    })
  })

  test('has no digest when nothing was pushed', () => {
    expect(outputsOf(aResult({ publication: aPublication({ digest: undefined }) }))['digest']).toBe('')
  })

  test('metadata is JSON with the phases in it', () => {
    const metadata = JSON.parse(outputsOf(aResult())['metadata'] ?? '') as { phases: object[]; image: object }
    expect(metadata.phases).toEqual([{ name: 'inspect', start: 3, milliseconds: 12 }])
    expect(metadata.image).toMatchObject({ digest: `sha256:${'c'.repeat(64)}` })
  })

  test.each(Object.entries(outcomes()))('metadata fits its schema: %s', (_, result) => {
    expect(metadataErrors(outputsOf(result)['metadata'] ?? '')).toEqual([])
  })

  test('the schema knows every field, and wants every field', () => {
    const metadata = outputsOf(aResult())['metadata'] ?? ''
    expect(metadataErrors(metadata.replace('"speedup":', '"factor":'))).toEqual([
      '/proof: must have required property \'speedup\' {"missingProperty":"speedup"}',
      '/proof: must NOT have additional properties {"additionalProperty":"factor"}'
    ])
  })

  test('a run that was skipped says so, and has every other output too', () => {
    const { warnings, logs, steps } = aResult()
    const outputs = outputsOf({ outcome: 'skipped', why: aReason('AMX'), warnings, logs, steps })
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(outputsOf(aResult())).sort())
    expect(outputs).toMatchObject({ skipped: 'true', digest: '', imageid: '' })
    expect(outputsOf(aResult())['skipped']).toBe('false')
  })
})
