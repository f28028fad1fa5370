import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { StoredManifest } from './client.js'
import { parseReference, type Reference } from './reference.js'

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
