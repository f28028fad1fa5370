/** What the step's log shows of one container or build, in characters. */
const SHOWN = 10 * 1024 * 1024

/** Shows lines until there were too many for people; then says where the rest is. */
export function shownLines(
  log: { untrusted: (line: string) => void; info: (line: string) => void },
  file: string,
  most = SHOWN
): (line: string) => void {
  let shown = 0
  return (line) => {
    if (shown > most) return
    log.untrusted(line)
    shown += line.length + 1
    if (shown > most) log.info(`What follows is in ${file} only, in the folder of the output \`logs\`.`)
  }
}
