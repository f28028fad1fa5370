/** Settings by their full names, such as `server.port`. */
export type Values = ReadonlyMap<string, string>

/**
 * Returns the documents of a file of properties: a line `#---` begins another one, as in Spring. Continued lines and escapes of
 * characters are rare here, and kept.
 */
export function propertiesIn(text: string): Values[] {
  return text.split(/^[#!]---.*$/m).map((document) => {
    const lines = document.split(/\r?\n/).filter((line) => !/^\s*[#!]/.test(line))
    return new Map(
      lines.flatMap((line) => {
        const [, key, value = ''] = /^\s*((?:\\.|[^\s=:\\])+)\s*[=:\s]\s*(.*?)\s*$/.exec(line) ?? []
        return key === undefined ? [] : [[key, value] as const]
      })
    )
  })
}
