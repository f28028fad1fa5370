import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { ROOT } from './inputs.js'

interface Step {
  uses?: string
  if?: string
  run?: string
  with?: Record<string, string | boolean | number>
}

interface Workflow {
  on: string | object
  permissions: object
  jobs: Record<string, { permissions: object; steps: Step[] }>
}

/** What stands for the action in every workflow that is shown. */
export const OWN_ACTION = 'org/crac-checkpoint@v1'

/** File name → text of every workflow in examples/. */
export const EXAMPLES: ReadonlyMap<string, string> = new Map(
  readdirSync(path.join(ROOT, 'examples'))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => [name, readFileSync(path.join(ROOT, 'examples', name), 'utf8')])
)

export function example(name: string): Workflow {
  return parse(EXAMPLES.get(name) ?? '') as Workflow
}

export function inputsOf(workflow: Workflow): Record<string, string> {
  const step = Object.values(workflow.jobs)
    .flatMap(({ steps }) => steps)
    .find(({ uses }) => uses === OWN_ACTION)
  return Object.fromEntries(Object.entries(step?.with ?? {}).map(([name, value]) => [name, String(value)]))
}
