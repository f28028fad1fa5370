/** A promise together with the functions that settle it: Promise.withResolvers, which Node 20 lacks. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
}

export function withResolvers<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  // The constructor of a promise calls its function before it returns.
  return { promise, ...(settle as unknown as Omit<Deferred<T>, 'promise'>) }
}
