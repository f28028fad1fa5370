import { cp, link } from 'node:fs/promises'

/** Gives a file a second name, or a copy where the two places are on different file systems. */
export async function linkOrCopy(source: string, destination: string): Promise<void> {
  await link(source, destination).catch(() => cp(source, destination))
}
