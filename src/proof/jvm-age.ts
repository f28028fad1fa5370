import type { Milliseconds } from '../lib/values.js'

/** Lines in which frameworks tell how old their JVM is when they are up, and what a second is in their unit. */
const TOLD: [pattern: RegExp, unit: Milliseconds][] = [
  // Spring Framework 6.1 and newer, DefaultLifecycleProcessor; -1 where the JVM does not know.
  [/\(restored JVM running for (\d+) ms\)/, 1],
  // Spring Boot, StartupInfoLogger.
  [/ in [\d.]+ seconds \((?:process|JVM) running for ([\d.]+)\)/, 1000],
  // Helidon 4, LoomServer.
  [/ (\d+) milliseconds since JVM (?:startup|snapshot restore)\b/, 1]
]

/** The age of the JVM, since its start or its restore, that the log of an application tells; undefined if none. */
export function jvmAge(log: string): Milliseconds | undefined {
  for (const [pattern, unit] of TOLD) {
    const told = pattern.exec(log)?.[1]
    if (told !== undefined) return Math.round(Number(told) * unit)
  }
  return undefined
}
