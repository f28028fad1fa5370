import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { InputName, Inputs } from '../../src/inputs/inputs.js'
import { readInputs } from '../../src/inputs/read-inputs.js'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

export interface ActionMetadata {
  inputs: Record<string, { description: string; default?: string }>
  outputs: Record<string, { description: string }>
  runs: { using: string; main: string; post: string }
}

export function actionMetadata(): ActionMetadata {
  return parse(readFileSync(path.join(ROOT, 'action.yml'), 'utf8')) as ActionMetadata
}

const { inputs: declared } = actionMetadata()

/** Returns the inputs of a workflow that gives these texts; the others have the defaults of action.yml. */
export function inputsWith(given: Partial<Record<InputName, string>>): Inputs {
  return readInputs((name) => {
    const value = declared[name]?.default ?? ''
    return (given[name] ?? (value.includes('${{') ? '' : value)).trim()
  })
}
