import type { StepResult } from '../../lab/runner.js'
import { linesOf, LogReader } from '../../lab/workflow-commands.js'

export function errorOf(step: StepResult): string {
  const errors = annotations(step, 'error')
  if (errors.length !== 1) throw new Error(`${errors.length} error annotations:\n${step.log}`)
  return errors[0] ?? ''
}

export function annotations(step: StepResult, level: 'error' | 'warning'): string[] {
  const reader = new LogReader()
  const lines = linesOf(step.log).map((line) => reader.read(line))
  return lines.flatMap((line) => (line?.kind === 'command' && line.name === level ? [line.message] : []))
}
