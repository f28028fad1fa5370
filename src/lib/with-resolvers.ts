/** Returns a promise and the functions that settle it, like Promise.withResolvers, which Node 20 lacks. */
export function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (reason: Error) => void
  const promise = new Promise<T>((...settle) => ([resolve, reject] = settle))
  return { promise, resolve, reject }
}
