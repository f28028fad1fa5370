import { Failure } from '../lib/errors.js'
import type { RepositoryClient, StoredManifest } from './client.js'
import type { Repositories } from './published.js'
import type { Reference } from './reference.js'
import { deleteJournal, writeJournal, readJournal, type TagMove } from './tag-record.js'
import type { Target } from './targets.js'

/**
 * Lets every tag point to a manifest that its repository has already, and asks the registry for each of them. When one fails, those
 * before it are put back to what they had; the failure says how that went. The record is for a process that is killed meanwhile.
 */
export async function moveTags(
  targets: readonly Target[],
  manifest: StoredManifest,
  folder: string
): Promise<void> {
  const all = targets.flatMap(({ tags, before }) => tags.map((tag) => ({ tag, before: before.get(tag) })))
  await writeJournal(folder, { digest: manifest.digest, tags: all })
  const moved: [Target, Reference][] = []
  try {
    for (const target of targets) {
      for (const tag of target.tags) {
        moved.push([target, tag])
        await moveTag(target, tag, manifest)
      }
    }
  } catch (error) {
    const told: string[] = []
    for (const [{ undoing, before }, tag] of moved) {
      told.push(await putBack(undoing, { tag, before: before.get(tag) }, manifest.digest))
    }
    throw error instanceof Failure ? error.also(told.join(' ')) : error
  } finally {
    await deleteJournal(folder)
  }
}

/** Puts back what a killed run had moved; what became of each tag, as a sentence. */
export async function putBackMoved(repositories: Repositories, folder: string): Promise<string[]> {
  const movement = await readJournal(folder)
  const told: string[] = []
  for (const moving of movement?.tags ?? []) {
    told.push(await putBack(repositories(moving.tag), moving, movement?.digest ?? ''))
  }
  return told
}

async function moveTag({ client }: Target, tag: Reference, manifest: StoredManifest): Promise<void> {
  try {
    await client.putManifest(tag.tag, manifest)
    const there = await client.manifest(tag.tag)
    if (there?.digest === manifest.digest) return
    throw new Failure(
      'registry',
      `it is ${there?.digest ?? 'nothing'} at the registry, and ${manifest.digest} was pushed.`,
      {
        fix: 'Something changed the image on its way, or another job moved the tag: look at the registry, and run the job again.'
      }
    )
  } catch (error) {
    throw error instanceof Failure ? error.of(`${tag.text} could not be pushed`) : error
  }
}

/** What became of a tag, as a sentence; the one that failed may have been moved, or not. */
async function putBack(
  client: RepositoryClient,
  { tag, before: old }: TagMove,
  pushed: string
): Promise<string> {
  try {
    const there = await client.manifest(tag.tag)
    if (there?.digest === old?.digest) return `${tag.text} is as it was.`
    // Another job's image is not ours to replace.
    if (there?.digest !== pushed) return `${tag.text} has another image now.`
    if (old !== undefined) {
      await client.putManifest(tag.tag, old)
      return `${tag.text} was put back to ${old.digest}.`
    }
    // Some registries remove a tag, others only the image with it; ours has no other name there.
    const removed = (await client.remove(tag.tag)) || (await client.remove(pushed))
    return removed
      ? `${tag.text}, which is new, was removed again.`
      : `${tag.text}, which is new, has the image.`
  } catch {
    return `${tag.text} could not be put back.`
  }
}
