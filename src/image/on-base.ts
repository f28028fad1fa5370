import type { Application } from '../application/layouts/layout.js'
import type { Libraries } from '../application/libraries.js'

/** What the finished image takes over from the image of the input `image`, besides its files and its configuration. */
export interface GivenImage {
  /** As the input names it. */
  reference: string
  labels: Readonly<Record<string, string>>
  /** Path of the store of certificates for the JDK; undefined for that of the JDK itself. */
  trustStore: string | undefined
}

/** The image below the application. */
export interface BaseImage {
  image: string
  workingDirectory: string
  digest: string | undefined
  /** Names with digests (`repository@sha256:...`) of the image that is at the bottom of it: a registry may have its layers. */
  repositoryDigests: readonly string[]
  /** Digest of the input `base-image`, where the application of another image goes onto that. */
  ground?: string
  /** Variables that the image sets. */
  environment: Readonly<Record<string, string>>
  /** What an image of the input `image` has besides. */
  given?: GivenImage
}

export interface ApplicationOnBase {
  application: Application
  /** undefined where the files of the application are not known, as in an image of the user's Dockerfile. */
  libraries: Libraries | undefined
  base: BaseImage
}
