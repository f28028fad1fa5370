import type { Progress } from './progress.js'
import { openRealWorld } from './real-world.js'
import { openLab, type World } from './world.js'

/** The real world where there is one, else, and with --lab, the lab. */
export async function openWorld(args: readonly string[], progress: Progress): Promise<World> {
  const real = args.includes('--lab') ? undefined : await openRealWorld(progress)
  return real ?? (await openLab(progress))
}
