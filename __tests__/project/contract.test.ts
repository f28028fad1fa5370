import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { INPUT_NAMES } from '../../src/inputs/inputs.js'
import { outputsOf } from '../../src/report/outputs.js'
import { aResult } from '../support/result.js'
import { actionMetadata, ROOT } from '../support/inputs.js'

describe('the contract', () => {
  const action = actionMetadata()
  const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8')
  const readme = read('README.md')

  test('action.yml declares exactly the inputs that the code reads', () => {
    expect(Object.keys(action.inputs).sort()).toEqual([...INPUT_NAMES].sort())
  })

  test('action.yml declares exactly the outputs that a run gives', () => {
    expect(Object.keys(action.outputs).sort()).toEqual(Object.keys(outputsOf(aResult())).sort())
  })

  // What a workflow can rely on: CONTRIBUTING.md says what a change of this file means for the version.
  test('names and defaults of inputs, and names of outputs, are those of contract.json', () => {
    const inputs = Object.fromEntries(
      Object.entries(action.inputs).map(([name, { default: value }]) => [name, value ?? null])
    )
    expect({ inputs, outputs: Object.keys(action.outputs) }).toEqual(
      JSON.parse(read('__tests__/project/contract.json'))
    )
  })

  test('docs/inputs.md lists every input that the code reads', () => {
    const page = read('docs/inputs.md')
    expect(INPUT_NAMES.filter((name) => !page.includes(`\n| \`${name}\` | `))).toEqual([])
  })

  test('the README shows inputs that exist, with their defaults', () => {
    const rows = [...readme.matchAll(/^\| `([a-z-]+)` +\|(?: `(.+?)`)? +\| /gm)]
    const inputs = rows.filter(([, name = '']) => name in action.inputs)
    expect(inputs.length).toBeGreaterThanOrEqual(10)
    for (const [, name = '', value] of inputs) expect(value).toBe(action.inputs[name]?.default)
  })

  test('the README shows outputs that exist', () => {
    const outputs = /## Outputs\n([^]+?)\n## /.exec(readme)?.[1] ?? ''
    const names = [...outputs.matchAll(/^\| (`.+?`) +\|/gm)].flatMap(([, cell = '']) =>
      cell.match(/[a-z-]+/g)
    )
    expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(names))
  })

  // https://docs.github.com/actions/sharing-automations/creating-actions/publishing-actions-in-github-marketplace
  test('fits the rules of the Marketplace', () => {
    const { name, description, author, branding } = parse(read('action.yml')) as Record<string, string> & {
      branding: { icon: string; color: string }
    }
    // One action in the root, and no second file of that kind, which would be another action.
    expect(existsSync(path.join(ROOT, 'action.yaml'))).toBe(false)
    expect(existsSync(path.join(ROOT, 'README.md'))).toBe(true)
    expect(name).toMatch(/^[\w -]{1,60}$/)
    // It must not be the name of a category, a feature or an owner of GitHub.
    expect(name).not.toMatch(
      /^(?:actions?|github|checkout|deployment|security|testing|utilities|publishing)$/i
    )
    expect(description?.length).toBeLessThan(125)
    expect(author).toBeTruthy()
    expect(branding.icon).toMatch(/^[a-z0-9-]+$/)
    expect(branding.color).toMatch(/^(?:white|black|yellow|blue|green|orange|red|purple|gray-dark)$/)
    // A deprecated runtime is refused.
    expect(action.runs.using).toBe('node24')
  })

  test('main and post are files of the project, on a runtime that runners have', () => {
    expect(action.runs.using).toBe('node24')
    for (const file of [action.runs.main, action.runs.post])
      expect(existsSync(path.join(ROOT, file))).toBe(true)
  })
})
