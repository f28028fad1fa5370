/** Tells the person who waits what is going on; never on stdout, which belongs to the answer. */
export type Progress = (line: string) => void

export const progressOnStderr: Progress = (line) => {
  process.stderr.write(`lab: ${line}\n`)
}
