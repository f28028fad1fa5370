import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { CATALOGUE } from '../../src/diagnosis/catalogue/index.js'
import { Diagnoser } from '../../src/diagnosis/diagnose.js'
import { dockerFailure } from '../../src/docker/failure.js'
import type { Remedy } from '../../src/lib/errors.js'
import { ROOT } from '../support/inputs.js'

const SAMPLES = JSON.parse(
  readFileSync(path.join(ROOT, '__tests__/diagnosis/samples.json'), 'utf8')
) as Record<string, string>

describe('the catalogue of known failures', () => {
  test('a remedy fits the operations of its row, and is the same in src/docker/failure.ts', () => {
    const operationsOf = (...remedies: (Remedy | undefined)[]) =>
      new Set(
        CATALOGUE.filter(({ remedy }) => remedies.includes(remedy)).flatMap(({ operations }) => operations)
      )
    expect(operationsOf('privileges')).toEqual(new Set(['dump', 'restore']))
    expect(operationsOf('retry', 'none')).toEqual(new Set(['push']))
    for (const stderr of ['Cannot connect to the Docker daemon', 'no space left on device']) {
      const { signature } = dockerFailure(['commit'], { exitCode: 1, stdout: '', stderr })
      expect(CATALOGUE.find(({ id }) => id === signature?.id)).toMatchObject(signature ?? {})
    }
  })

  test('has a sample for every signature, and a signature for every sample', () => {
    expect(CATALOGUE.map(({ id }) => id).sort()).toEqual(Object.keys(SAMPLES).sort())
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(145)
  })

  const rows = CATALOGUE.flatMap((signature) =>
    signature.operations.map((operation) => ({ ...signature, operation }))
  )
  test.each(rows)('$id ($operation): its sample gives its own id', ({ id, operation, stream }) => {
    const diagnoser = new Diagnoser(operation)
    for (const line of (SAMPLES[id] ?? '').split('\n')) diagnoser.push(stream, line)
    const finding = diagnoser.finding()
    expect(finding?.signature?.id).toBe(id)
    expect(finding?.cause).toContain(`(${id})`)
    expect(finding?.cause).not.toMatch(/\$\d|\(\)| {2}|undefined/)
    expect(finding?.fix).not.toMatch(/\$\d/)
  })

  test.each(CATALOGUE.map((signature) => [signature.id, signature] as const))(
    '%s: cause and fix are sentences',
    (_, { cause, fix }) => {
      expect(cause).toMatch(/^[A-Z].{10,}\.$/)
      expect(fix).toMatch(/^[A-Z].{10,}\.$/)
    }
  )
})
