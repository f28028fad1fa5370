import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure, messageOf } from '../lib/errors.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import { PRIVATE_FILE } from '../lib/modes.js'
import type { RepositoryClient, StoredManifest } from './client.js'
import type { PushTarget, Repositories } from './published.js'
import { parseReference, type Reference } from './reference.js'

/** An error that is not a Failure, such as the end of a time limit, after which moved tags were put back. */
export class TagsPutBack extends Error {
  constructor(
    /** A sentence about each tag. */
    readonly outcomes: readonly string[],
    cause: unknown
  ) {
    super(messageOf(cause), { cause })
  }
}

/**
 * Moves every tag to a manifest that its repository has already, and verifies each of them at the registry. Returns the tags that another
 * job moved to its image right after. When one fails, the tags before it are put back to their old manifests, and the failure reports the
 * state of each. The journal in the folder is for a process that is killed meanwhile.
 */
export async function moveTags(
  targets: readonly PushTarget[],
  manifest: StoredManifest,
  folder: string
): Promise<Reference[]> {
  const all = targets.flatMap(({ tags, before }) => tags.map((tag) => ({ tag, before: before.get(tag) })))
  await writeJournal(folder, { digest: manifest.digest, tags: all })
  const moved: [PushTarget, Reference][] = []
  const taken: Reference[] = []
  try {
    for (const target of targets) {
      for (const tag of target.tags) {
        moved.push([target, tag])
        if ((await moveTag(target, tag, manifest)) === 'taken') taken.push(tag)
      }
    }
    return taken
  } catch (error) {
    const outcomes = await putBackAll(
      moved.map(([{ rollback, before }, tag]) => ({ client: rollback, tag, before: before.get(tag) })),
      manifest.digest
    )
    throw error instanceof Failure ? error.also(outcomes.join(' ')) : new TagsPutBack(outcomes, error)
  } finally {
    await deleteJournal(folder)
  }
}

/** Puts back the tags that a killed run had moved. Returns a sentence about each tag. */
export async function putBackMoved(repositories: Repositories, folder: string): Promise<string[]> {
  const moves = await readJournal(folder)
  return await putBackAll(
    (moves?.tags ?? []).map((move) => ({ ...move, client: repositories(move.tag) })),
    moves?.digest ?? ''
  )
}

/** Puts back the tags that this run moved: first those that have an old manifest. Returns a sentence about each. */
async function putBackAll(moves: readonly TagMoveAt[], pushed: string): Promise<string[]> {
  const outcomes: string[] = []
  const [old, fresh] = [moves.filter(({ before }) => before), moves.filter(({ before }) => !before)]
  for (const move of [...old, ...fresh]) outcomes.push(await putBack(move, pushed, old))
  return outcomes
}

async function moveTag(
  { client, before }: PushTarget,
  tag: Reference,
  manifest: StoredManifest
): Promise<'moved' | 'taken'> {
  try {
    await client.putManifest(tag.tag, manifest)
    const there = await client.manifest(tag.tag)
    if (there?.digest === manifest.digest) return 'moved'
    if (there && there.digest !== before.get(tag)?.digest && isOfAnotherImage(there, manifest)) return 'taken'
    throw new Failure(
      'registry',
      `the registry has ${there?.digest ?? 'nothing'}, but ${manifest.digest} was pushed.`,
      {
        fix: 'A cache or a proxy between here and the registry changes images, or keeps old ones: check the tag at the registry, and run the job again.'
      }
    )
  } catch (error) {
    throw error instanceof Failure ? error.of(`${tag.text} could not be pushed`) : error
  }
}

/** Returns whether two manifests have different configurations: what a proxy changes in a manifest leaves its image as it is. */
function isOfAnotherImage(one: StoredManifest, other: StoredManifest): boolean {
  const [first, second] = [one, other].map(
    ({ bytes }) => fieldsOf(fieldsOf(jsonOf(bytes))['config'])['digest']
  )
  return typeof first === 'string' && typeof second === 'string' && first !== second
}

/** Puts a tag back if this run moved it; `old` are those that existed before. Returns a sentence about its state. */
async function putBack(
  { client, tag, before }: TagMoveAt,
  pushed: string,
  old: readonly TagMoveAt[]
): Promise<string> {
  try {
    const there = await client.manifest(tag.tag)
    if (there?.digest === before?.digest) return `${tag.text} is unchanged.`
    // Another job's image is not ours to replace.
    if (there?.digest !== pushed) return `${tag.text} has another image now.`
    if (before !== undefined) {
      await client.putManifest(tag.tag, before)
      return `${tag.text} was put back to ${before.digest}.`
    }
    // Some registries can remove a tag, others only a manifest with all its tags.
    const removed =
      (await client.remove(tag.tag)) || (!(await isNamed(pushed, old)) && (await client.remove(pushed)))
    return removed
      ? `${tag.text}, which is new, was removed again.`
      : `${tag.text}, which is new, has the image.`
  } catch {
    return `${tag.text} could not be put back.`
  }
}

/** Returns whether one of the tags names the manifest. */
async function isNamed(digest: string, tags: readonly TagMoveAt[]): Promise<boolean> {
  const there = await Promise.all(tags.map(({ client, tag }) => client.manifest(tag.tag)))
  return there.some((manifest) => manifest?.digest === digest)
}

/** A tag to move, and its present manifest. */
export interface TagMove {
  tag: Reference
  before: StoredManifest | undefined
}

/** A tag to move, at its repository. */
type TagMoveAt = TagMove & { client: RepositoryClient }

/** Tags to move to a digest. */
export interface TagMoves {
  digest: string
  tags: TagMove[]
}

interface Journal {
  digest: string
  tags: { tag: string; before?: { mediaType: string; digest: string; bytes: string } }[]
}

const FILE = 'moving-tags.json'

/** Writes the tags to move to a folder of the run: if this process is killed, the post step puts them back. */
export async function writeJournal(folder: string, { digest, tags }: TagMoves): Promise<void> {
  const journal: Journal = {
    digest,
    tags: tags.map(({ tag, before }) => ({
      tag: tag.text,
      ...(before && { before: { ...before, bytes: before.bytes.toString('base64') } })
    }))
  }
  await writeFile(path.join(folder, FILE), JSON.stringify(journal), { mode: PRIVATE_FILE })
}

/** Deletes the journal when all tags have been moved or put back. */
async function deleteJournal(folder: string): Promise<void> {
  await rm(path.join(folder, FILE), { force: true })
}

/** Returns the tags that the run was moving when it was killed; undefined if it was not moving any. */
async function readJournal(folder: string): Promise<TagMoves | undefined> {
  try {
    const { digest, tags } = JSON.parse(await readFile(path.join(folder, FILE), 'utf8')) as Journal
    return {
      digest,
      tags: tags.map(({ tag, before }) => ({
        tag: parseReference(tag),
        before: before && { ...before, bytes: Buffer.from(before.bytes, 'base64') }
      }))
    }
  } catch {
    // The file does not exist, or the run was killed while it wrote it: then no tag was moved.
    return undefined
  }
}
