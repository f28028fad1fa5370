import type { Step } from '../run/steps.js'
import { time } from './markdown.js'

/** Returns a Gantt chart of the steps, with their titles in the log, in the notation of Mermaid. */
export function timeline(steps: readonly Step[]): string[] {
  const bars = steps.map(({ title, start, milliseconds }) => {
    const end = start + Math.max(1, milliseconds)
    return `  ${title} (${time(milliseconds)}) : ${start}, ${end}`
  })
  return ['```mermaid', 'gantt', '  dateFormat x', '  axisFormat %M:%S', ...bars, '```', '']
}
