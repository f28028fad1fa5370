import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import type { RepositoryClient, StoredManifest } from './client.js'
import type { PushTarget, Repositories } from './published.js'
import { parseReference, type Reference } from './reference.js'

/**
 * Lets every tag point to a manifest that its repository has already, and asks the registry for each of them. When one fails, those
 * before it are put back to what they had; the failure says how that went. The record is for a process that is killed meanwhile.
 */
export async function moveTags(
  targets: readonly PushTarget[],
  manifest: StoredManifest,
  folder: string
): Promise<void> {
  const all = targets.flatMap(({ tags, before }) => tags.map((tag) => ({ tag, before: before.get(tag) })))
  await writeJournal(folder, { digest: manifest.digest, tags: all })
  const moved: [PushTarget, Reference][] = []
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

async function moveTag({ client }: PushTarget, tag: Reference, manifest: StoredManifest): Promise<void> {
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

/** A tag that is about to be moved, and what it has now. */
export interface TagMove {
  tag: Reference
  before: StoredManifest | undefined
}

/** The tags that a run is about to move to the digest. */
export interface TagMoves {
  digest: string
  tags: TagMove[]
}

interface Written {
  digest: string
  tags: { tag: string; before?: { mediaType: string; digest: string; bytes: string } }[]
}

const FILE = 'moving-tags.json'

/** Writes down, in a folder of the run, what is about to be moved: should this process be killed, the post step puts it back. */
export async function writeJournal(folder: string, { digest, tags }: TagMoves): Promise<void> {
  const written: Written = {
    digest,
    tags: tags.map(({ tag, before }) => ({
      tag: tag.text,
      ...(before && { before: { ...before, bytes: before.bytes.toString('base64') } })
    }))
  }
  await writeFile(path.join(folder, FILE), JSON.stringify(written))
}

/** All of the tags have been moved, or put back. */
export async function deleteJournal(folder: string): Promise<void> {
  await rm(path.join(folder, FILE), { force: true })
}

/** What was under way when the run ended; undefined where nothing was. */
export async function readJournal(folder: string): Promise<TagMoves | undefined> {
  try {
    const { digest, tags } = JSON.parse(await readFile(path.join(folder, FILE), 'utf8')) as Written
    return {
      digest,
      tags: tags.map(({ tag, before }) => ({
        tag: parseReference(tag),
        before: before && { ...before, bytes: Buffer.from(before.bytes, 'base64') }
      }))
    }
  } catch {
    // None, or one that was being written when the run was killed: then nothing had been moved.
    return undefined
  }
}
