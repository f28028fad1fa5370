/** Returns a code block of untrusted text: no character of the text can end the block. */
export function quote(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 3)
  return [`${fence}text`, text, fence].join('\n')
}

/** Returns lines that are shown when the reader unfolds them. */
export function folded(title: string, ...lines: string[]): string[] {
  return [`<details><summary>${title}</summary>`, '', ...lines, '', '</details>', '']
}

/** Returns a table whose first row is the head, because a Markdown table needs a head. */
export function table([head, ...rows]: [string, string][]): string {
  const line = ([name, value]: [string, string]): string => `| ${name} | ${code(value)} |`
  return [...(head ? [line(head), '|---|---|'] : []), ...rows.map(line)].join('\n')
}

export function time(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/**
 * Returns a code span of untrusted text. The fence is longer than any run of backticks in the text; pipes are escaped, because the
 * span can stand in a table.
 */
export function code(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1)
  const padding = fence.length > 1 ? ' ' : ''
  return `${fence}${padding}${text.replaceAll('|', '\\|').replace(/\s+/g, ' ')}${padding}${fence}`
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length))
}
