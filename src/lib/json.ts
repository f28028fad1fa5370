/** Parses untrusted JSON; returns undefined for text that is not JSON. */
export function jsonOf(text: Buffer | string): unknown {
  try {
    return JSON.parse(text.toString()) as unknown
  } catch {
    return undefined
  }
}

/** Returns the object or array that a text is in JSON; undefined for any other text. */
export function documentOf(text: string): object | undefined {
  return /^\s*[[{]/.test(text) ? (jsonOf(text) as object | undefined) : undefined
}

/** Returns the fields of an untrusted value; none if it is not an object. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
