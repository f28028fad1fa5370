import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { INPUT_NAMES } from '../../src/inputs/inputs.js'
import { outputsOf } from '../../src/report/outputs.js'
import { aResult } from '../support/result.js'
import { actionMetadata, ROOT } from '../support/inputs.js'

// action.yml, the code and the README make one contract.
describe('the contract', () => {
  const action = actionMetadata()
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8')

  test('action.yml declares exactly the inputs that the code reads', () => {
    expect(Object.keys(action.inputs).sort()).toEqual([...INPUT_NAMES].sort())
  })

  test('action.yml declares exactly the outputs that a run gives', () => {
    expect(Object.keys(action.outputs).sort()).toEqual(Object.keys(outputsOf(aResult())).sort())
  })

  test('the README lists every input with its default', () => {
    for (const [name, { default: value = '' }] of Object.entries(action.inputs)) {
      const shown = value.includes('${{') ? '' : value
      expect(rowOf(name)).toContain(`| ${shown === '' ? '' : `\`${shown}\``} |`)
    }
  })

  test('the README lists every output', () => {
    for (const name of Object.keys(action.outputs)) expect(rowOf(name)).toBeDefined()
  })

  test('main and post are files of the project, on a runtime that runners have', () => {
    expect(action.runs.using).toBe('node24')
    for (const file of [action.runs.main, action.runs.post])
      expect(existsSync(path.join(ROOT, file))).toBe(true)
  })

  function rowOf(name: string): string | undefined {
    return readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
  }
})
