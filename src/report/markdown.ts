/** Text of others, as a block that no character of it can end. */
export function quote(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 3)
  return [`${fence}text`, text, fence].join('\n')
}

/** Lines that are shown when the reader opens them. */
export function folded(title: string, ...lines: string[]): string[] {
  return [`<details><summary>${title}</summary>`, '', ...lines, '', '</details>', '']
}

/** The first row is the head: Markdown knows no table without one. */
export function table([head, ...rows]: [string, string][]): string {
  const line = ([name, value]: [string, string]): string => `| ${name} | ${code(value)} |`
  return [...(head ? [line(head), '|---|---|'] : []), ...rows.map(line)].join('\n')
}

export function time(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/**
 * Text of others, as it is: the fence of a code span must be longer than any in there, and a table needs its pipes
 * escaped all the same.
 */
export function code(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1)
  const padding = fence.length > 1 ? ' ' : ''
  return `${fence}${padding}${text.replaceAll('|', '\\|').replace(/\s+/g, ' ')}${padding}${fence}`
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length))
}
