/** Returns a job summary for a terminal, without charts and folded parts. */
export function textOf(markdown: string): string {
  return markdown
    .replace(/^```mermaid\n[^]*?^```\n*/gm, '')
    .replace(/^<details>[^]*?^<\/details>\n*/gm, '')
    .replaceAll('<br>', ' ')
    .trimEnd()
}
