import { readFile } from 'node:fs/promises'

/** The sha256 of an archive by its file name, from data/jdk-digests.tsv; undefined for one that is not in there. */
export async function knownSha256(file: string, name: string): Promise<string | undefined> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const line = lines.find((candidate) => candidate.startsWith(`${name}\t`))
  return line?.split('\t')[1]
}
