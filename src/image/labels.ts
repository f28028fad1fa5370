const PREFIX = 'io.github.crac-checkpoint'
const OCI = 'org.opencontainers.image'

/** Label with the fingerprint: if it is unchanged, a rebuild would not change the image. */
export const FINGERPRINT_LABEL = `${PREFIX}.fingerprint`

/** Annotation of the manifest with the measured times of the image (src/proof/figures-annotation.ts). Older images have it as a label. */
export const FIGURES_ANNOTATION = `${PREFIX}.figures`

/** Label with what the layer with the JDK was made of (src/image/jdk-layer-key.ts). */
export const JDK_LAYER_LABEL = `${PREFIX}.jdk-layer`

/** Label of an image for the input `criu-image`: the version of the layout of its folder /criu (docker/criu/Dockerfile). */
export const CRIU_LABEL = `${PREFIX}.criu`

/** Labels that say where the application comes from, and not the image. */
export const APPLICATION_LABELS: readonly string[] = ['source', 'revision', 'version'].map(
  (name) => `${OCI}.${name}`
)

export interface Origin {
  created: Date
  /** Environment of the step, with the repository and the commit. */
  environment: NodeJS.ProcessEnv
  /** Tag of the first name of the image. */
  version: string | undefined
  base: { name: string; digest: string | undefined }
  jdkAsset: string
  jdkSha256: string
  fingerprint: string
  /** Key of the layer with the JDK; undefined where no other image has the same. */
  jdkLayer: string | undefined
}

export interface SnapshotFacts {
  /** Flags of `docker run` that a restore needs. */
  restoreFlags: string
  privileges: string
  criuVersion: string
  cpuFeatures: string
  /** Size in bytes to which the Java heap may grow; undefined where the JVM did not report it. */
  maxHeap: number | undefined
  /** Version of the kernel on which the snapshot was taken. */
  kernel: string
}

/** Returns labels of https://github.com/opencontainers/image-spec/blob/main/annotations.md, and labels of the action. */
export function originLabels(origin: Origin): Record<string, string> {
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_SHA: revision
  } = origin.environment
  return definedOnly({
    [`${OCI}.created`]: origin.created.toISOString(),
    [`${OCI}.source`]: server && repository ? `${server}/${repository}` : undefined,
    [`${OCI}.revision`]: revision,
    [`${OCI}.version`]: origin.version,
    [`${OCI}.base.name`]: origin.base.name,
    [`${OCI}.base.digest`]: origin.base.digest,
    [`${PREFIX}.jdk-asset`]: origin.jdkAsset,
    [`${PREFIX}.jdk-sha256`]: origin.jdkSha256,
    [FINGERPRINT_LABEL]: origin.fingerprint,
    [JDK_LAYER_LABEL]: origin.jdkLayer
  })
}

export function snapshotLabels(facts: SnapshotFacts): Record<string, string> {
  return {
    [`${PREFIX}.snapshot`]: 'crac',
    [`${PREFIX}.restore-flags`]: facts.restoreFlags,
    [`${PREFIX}.privileges`]: facts.privileges,
    [`${PREFIX}.criu-version`]: facts.criuVersion,
    [`${PREFIX}.cpu-features`]: facts.cpuFeatures,
    ...(facts.maxHeap !== undefined && { [`${PREFIX}.max-heap`]: String(facts.maxHeap) }),
    [`${PREFIX}.kernel`]: facts.kernel
  }
}

/** Returns the labels of the archive of classes; its JDK is that of the label `jdk-asset`. */
export function archiveLabels(archive: { kind: string; size: number } | undefined): Record<string, string> {
  return {
    [`${PREFIX}.archive`]: archive?.kind ?? 'none',
    ...(archive && { [`${PREFIX}.archive-size`]: String(archive.size) })
  }
}

/** Labels of an image without a snapshot; its fingerprint must not stop a later run from building one with a snapshot. */
export function coldLabels(reason: string, fingerprint: string): Record<string, string> {
  return {
    [`${PREFIX}.snapshot`]: 'none',
    [`${PREFIX}.reason`]: reason,
    [FINGERPRINT_LABEL]: `cold-${fingerprint}`
  }
}

function definedOnly(labels: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''
    )
  )
}
