import type { Bytes } from '../lib/values.js'

/** `aot`: an AOT cache (JEP 483 and 514); `cds`: a dynamic archive of Class Data Sharing (JEP 350). */
export type ArchiveKind = 'aot' | 'cds'

/** An archive of the classes that an application loads: with it, a normal start is faster. */
export interface Archive {
  kind: ArchiveKind
  size: Bytes
}

/** An archive that is not yet in an image. */
export interface TrainedArchive extends Archive {
  /** Path of the archive on the runner. */
  file: string
}

/** Returns the option with which the JVM uses an archive; it starts without one that does not fit. */
export function archiveOption(kind: ArchiveKind, file: string): string {
  return kind === 'aot' ? `-XX:AOTCache=${file}` : `-XX:SharedArchiveFile=${file}`
}

/** Returns the option with which the JVM refuses to start if it cannot use its archive. */
export function strictOption(kind: ArchiveKind): string {
  return kind === 'aot' ? '-XX:AOTMode=on' : '-Xshare:on'
}

/** Options of a user who has an archive of their own, or wants none. */
const OWN_OPTION =
  /^-(?:Xshare:|XX:(?:SharedArchiveFile|ArchiveClassesAtExit|AOT|[+-]AutoCreateSharedArchive))/

/** Returns the option of the user that another archive would contradict; undefined if there is none. */
export function ownArchiveOption(javaOptions: readonly string[]): string | undefined {
  return javaOptions.find((option) => OWN_OPTION.test(option))
}
