/** What one side of a comparison gave, once for each round. */
export type Rounds<Side extends string, T> = Record<Side, T[]>

/**
 * Runs the sides alternately, so that what disturbs the machine disturbs all of them; another one begins in
 * each round. With `warmUp` a first round is not counted: it fills the caches.
 */
export async function byTurns<Side extends string, T>(
  rounds: number,
  sides: Record<Side, () => Promise<T>>,
  options: { warmUp?: boolean } = {}
): Promise<Rounds<Side, T>> {
  const names = Object.keys(sides) as Side[]
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Rounds<Side, T>
  for (let round = options.warmUp ? -1 : 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + Math.max(round, 0)) % names.length] as Side
      const result = await sides[name]()
      if (round >= 0) results[name].push(result)
    }
  }
  return results
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** Milliseconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}
