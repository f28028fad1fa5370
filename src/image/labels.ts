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
    [`${PREFIX}.snapshot`]: 'crac',
    [`${PREFIX}.restore-flags`]: facts.restoreFlags,
    [`${PREFIX}.jdk-asset`]: facts.jdkAsset,
    [`${PREFIX}.jdk-sha256`]: facts.jdkSha256,
    [`${PREFIX}.criu-version`]: facts.criuVersion,
    [`${PREFIX}.cpu-features`]: facts.cpuFeatures,
    [`${PREFIX}.kernel`]: facts.kernel
  }
}

/** For an image without a snapshot, which a runner made that takes none. */
export function coldLabels(facts: {
  jdkAsset: string
  jdkSha256: string
  /** Why there is no snapshot. */
  reason: string
}): Record<string, string> {
  return {
    [`${PREFIX}.snapshot`]: 'none',
    [`${PREFIX}.reason`]: facts.reason,
    [`${PREFIX}.jdk-asset`]: facts.jdkAsset,
    [`${PREFIX}.jdk-sha256`]: facts.jdkSha256
  }
}
