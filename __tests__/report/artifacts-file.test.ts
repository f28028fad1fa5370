import { expect, test } from '@jest/globals'
import { artifactLines } from '../../src/report/artifacts-file.js'
import { aResult } from '../support/result.js'

const digest = `sha256:${'a'.repeat(64)}`
const { publication } = aResult()
const tags = ['ghcr.io/acme/hello:1.2', 'ghcr.io/acme/hello:crac']

test('declares the image under each of its tags', () => {
  const lines = artifactLines(aResult({ publication: { ...publication, tags, digest } }))
  expect(lines).toBe(`oci://ghcr.io/acme/hello:1.2@${digest}\noci://ghcr.io/acme/hello:crac@${digest}\n`)
  // The runner takes a line with `=` for a mistake.
  expect(lines).not.toContain('=')
})

test('declares nothing that was not pushed', () => {
  expect(artifactLines(aResult({ publication: { ...publication, tags, digest: undefined } }))).toBe('')
  expect(artifactLines({ outcome: 'unchanged', digest, tags, warnings: [], logs: '', steps: [] })).toBe('')
})
