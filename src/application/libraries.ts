import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { namesIn } from './jar.js'
import { isInAnImage, type FoundApplication } from './layouts/layout.js'

/** A library: on a class path it is a jar of its own, in an uber-jar it is a folder of classes. */
export interface Library {
  /** Pattern of the name of its jar without the version. */
  jar: string
  /** Folder of its classes in an uber-jar. */
  classes: string
}

export class Libraries {
  constructor(
    private readonly jars: readonly string[],
    /** Names of the files in the jar of the application. */
    private readonly entries: readonly string[]
  ) {}

  has({ jar, classes }: Library): boolean {
    // Quarkus puts the group id before the name.
    const named = new RegExp(`^(?:.+\\.)?${jar}-\\d.*\\.jar$`)
    return (
      this.jars.some((name) => named.test(name)) || this.entries.some((entry) => entry.startsWith(classes))
    )
  }
}

/** Returns the libraries among the files of the application; undefined for a Dockerfile of the user, whose files are not known. */
export async function librariesOf(application: FoundApplication): Promise<Libraries | undefined> {
  if (isInAnImage(application)) return undefined
  const jars: string[] = []
  for (const source of [...application.dependencies.keys(), ...application.classes.keys()]) {
    const files = (await stat(source)).isDirectory() ? await readdir(source, { recursive: true }) : [source]
    jars.push(...files.filter((file) => file.endsWith('.jar')))
  }
  const own = application.layout === 'jar' ? [...application.classes.keys()][0] : undefined
  return new Libraries(
    jars.map((file) => path.basename(file)),
    own === undefined ? [] : await namesIn(own)
  )
}
