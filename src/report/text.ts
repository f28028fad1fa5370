/** A job summary for a terminal: without what only a browser draws or folds. */
export function textOf(markdown: string): string {
  return markdown
    .replace(/^```mermaid\n[^]*?^```\n*/gm, '')
    .replace(/^<details>[^]*?^<\/details>\n*/gm, '')
    .replaceAll('<br>', ' ')
    .trimEnd()
}
