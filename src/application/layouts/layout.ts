import { stat } from 'node:fs/promises'

/** An application that was found in the user's context, and how it goes into the image. */
export interface Application {
  layout: 'micronaut-layers' | 'spring-boot' | 'quarkus-app' | 'class-path' | 'jar' | 'dockerfile'
  /** For the log: what was found, in a few words. */
  description: string
  /** Empty where it is not known. */
  mainClass: string
  /** What the JVM is told to run, after its options. */
  command: string[]
  /** Folders and files that change rarely: they get a layer of their own. Absolute source → path below /app. */
  dependencies: Map<string, string>
  /** The application's own files. */
  classes: Map<string, string>
}

/** What the layouts look at. */
export interface Place {
  /** Absolute path of a folder, or of a jar. */
  at: string
  /** `main-class`, where the user gave one. */
  mainClass: string | undefined
  /** An empty folder of the run, for what has to be unpacked; it is made when it is needed. */
  scratch: string
}

/** Looks for an application of one layout; undefined when there is none. */
export type Layout = (place: Place) => Promise<Application | undefined>

export async function isFolder(place: string): Promise<boolean> {
  return await stat(place).then(
    (entry) => entry.isDirectory(),
    () => false
  )
}

export async function isFile(place: string): Promise<boolean> {
  return await stat(place).then(
    (entry) => entry.isFile(),
    () => false
  )
}
