/** Shows the progress of the lab. It never writes to stdout, which belongs to the result. */
export type Progress = (line: string) => void

export const progressOnStderr: Progress = (line) => {
  process.stderr.write(`lab: ${line}\n`)
}
