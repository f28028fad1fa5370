const PREFIX = 'io.github.crac-checkpoint'

/** What an image says of itself, for whoever runs it. */
export interface ImageFacts {
  /** The `docker run` flags that a restore needs. */
  restoreFlags: string
  jdkAsset: string
  jdkSha256: string
  criuVersion: string
  cpuFeatures: string
  /** Of the machine that took the snapshot. */
  kernel: string
}

export function runtimeLabels(facts: ImageFacts): Record<string, string> {
  return {
    [`${PREFIX}.restore-flags`]: facts.restoreFlags,
    [`${PREFIX}.jdk-asset`]: facts.jdkAsset,
    [`${PREFIX}.jdk-sha256`]: facts.jdkSha256,
    [`${PREFIX}.criu-version`]: facts.criuVersion,
    [`${PREFIX}.cpu-features`]: facts.cpuFeatures,
    [`${PREFIX}.kernel`]: facts.kernel
  }
}
