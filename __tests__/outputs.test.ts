import { describe, expect, test } from '@jest/globals'
import { outputsOf } from '../src/outputs.js'
import { metadataErrors } from './support/metadata.js'
import { aResult, outcomes } from './support/result.js'

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

  test('has no digest when nothing was pushed', () => {
    expect(outputsOf(aResult({ digest: undefined }))['digest']).toBe('')
  })

  test('metadata is JSON with the phases in it', () => {
    const metadata = JSON.parse(outputsOf(aResult())['metadata'] ?? '') as { phases: object[]; image: object }
    expect(metadata.phases).toEqual([{ name: 'inspect', milliseconds: 12 }])
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
    const { logs, phases } = aResult()
    const outputs = outputsOf({ outcome: 'skipped', reason: 'AMX', logs, phases })
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(outputsOf(aResult())).sort())
    expect(outputs).toMatchObject({ skipped: 'true', digest: '', imageid: '' })
    expect(outputsOf(aResult())['skipped']).toBe('false')
  })
})
