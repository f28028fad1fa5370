import { stat } from 'node:fs/promises'

/** An application as one of the layouts describes it. */
export interface FoundApplication {
  layout:
    | 'micronaut-layers'
    | 'spring-boot'
    | 'quarkus-app'
    | 'distribution'
    | 'class-path'
    | 'jar'
    | 'dockerfile'
    | 'image'
  description: string
  /** Name of the main class; empty if it is not known. */
  mainClass: string
  /** Arguments of `java` after its options. */
  command: string[]
  /** Folders and files that change rarely and have their own layer. Absolute path on the runner → path below /app. */
  dependencies: Map<string, string>
  /** Folders and files of the application itself, in the same form. */
  classes: Map<string, string>
  /** Folders in `classes` that get into the image as a jar with their content, since the JVM archives no class of a folder. */
  packed: ReadonlySet<string>
  /** Sentences on what the build names for the application, and the image does not have. */
  leftOut?: readonly string[]
}

export interface Application extends FoundApplication {
  /** Further files, of the input `files`. Absolute path in the image → absolute path on the runner. */
  files: ReadonlyMap<string, string>
}

/** Returns whether the files of an application are in an image already, and not known. */
export function isInAnImage({ layout }: Pick<FoundApplication, 'layout'>): boolean {
  return layout === 'dockerfile' || layout === 'image'
}

/** Inputs on which it depends what a launcher runs. */
export interface LaunchSettings {
  javaOptions: readonly string[]
  env: Readonly<Record<string, string>>
}

export interface Candidate extends LaunchSettings {
  location: string
  mainClass: string | undefined
  /** Empty folder of the run for unpacked files; it is created when it is needed. */
  scratch: string
}

/** Folders of libraries: of most builds, of Gradle and jib, and of `mvn dependency:copy-dependencies`. */
export const LIBRARIES = ['lib', 'libs', 'dependency']

/** Returns the application in a candidate of one layout; undefined if the candidate has another layout. */
export type Layout = (candidate: Candidate) => Promise<FoundApplication | undefined>

export async function isFolder(file: string): Promise<boolean> {
  return await stat(file).then(
    (entry) => entry.isDirectory(),
    () => false
  )
}

export async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (entry) => entry.isFile(),
    () => false
  )
}
