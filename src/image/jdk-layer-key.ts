import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Architecture } from '../jdk/asset.js'

/** The script that makes the tree of the layer from the archive. */
const SCRIPT = 'tools/prepare-jdk.sh'

/** What the layer with the JDK is made of. */
export interface JdkLayerParts {
  /** Version of the action: it decides which files of the archive stay. */
  version: string
  /** The folder of the Dockerfile and the scripts that the action ships. */
  dockerFolder: string
  architecture: Architecture
  /** Digest of the archive as the source has it, in lower-case hexadecimal. */
  jdkSha256: string
  /** Path in the base image of the store of certificates that the JDK gets; undefined where it keeps its own. */
  trustStore: string | undefined
}

/**
 * Returns the sha256 of what the layer with the JDK is made of, in hexadecimal: the same key means the same layer, on whatever base image.
 * Returns undefined for a JDK with the certificates of a base image.
 */
export async function jdkLayerKey(parts: JdkLayerParts): Promise<string | undefined> {
  const { version, dockerFolder, architecture, jdkSha256, trustStore } = parts
  if (trustStore !== undefined) return undefined
  const script = await readFile(path.join(dockerFolder, SCRIPT), 'utf8')
  const values = [version, architecture, jdkSha256, script]
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}
