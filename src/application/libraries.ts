import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { namesIn } from './jar.js'
import type { Application } from './layouts/layout.js'
import type { Library } from './frameworks.js'

/** What an application has on its class path. */
export class Libraries {
  constructor(
    private readonly jars: readonly string[],
    /** What is in the jar of the application. */
    private readonly entries: readonly string[]
  ) {}

  has({ jar, classes }: Library): boolean {
    // Quarkus puts the group in front.
    const named = new RegExp(`^(?:.+\\.)?${jar}-\\d.*\\.jar$`)
    return (
      this.jars.some((name) => named.test(name)) || this.entries.some((entry) => entry.startsWith(classes))
    )
  }
}

/** Looks at the files that go into the image; undefined where that tells nothing, as of a user's own Dockerfile. */
export async function librariesOf(application: Application): Promise<Libraries | undefined> {
  if (application.layout === 'dockerfile') return undefined
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
