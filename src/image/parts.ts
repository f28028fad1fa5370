import type { JdkArchive } from '../jdk/install.js'
import type { ApplicationOnBase } from './on-base.js'
import { fingerprintOf, type FingerprintParts } from './fingerprint.js'

export interface ImageParts extends ApplicationOnBase {
  jdk: JdkArchive
  /** Name of the image with CRIU; undefined where CRIU comes from the base image or its packages. */
  criuImage: string | undefined
  fingerprint: string
}

/** Returns everything that the image is made of, with its fingerprint; `values` are the values of the inputs that change the image. */
export async function completeParts(
  onBase: ApplicationOnBase,
  { jdk, criuImage }: Pick<ImageParts, 'jdk' | 'criuImage'>,
  inputs: Pick<FingerprintParts, 'warmup' | 'warmupScript' | 'resourcePolicies'>,
  { version, dockerFolder, workspace }: Pick<FingerprintParts, 'version' | 'dockerFolder' | 'workspace'>,
  values: unknown
): Promise<ImageParts> {
  const { warmup, warmupScript, resourcePolicies } = inputs
  const fingerprint = await fingerprintOf({
    ...{ version, dockerFolder, workspace, warmup, warmupScript, resourcePolicies },
    ...onBase,
    jdkSha256: jdk.sha256,
    inputs: values
  })
  return { ...onBase, jdk, criuImage, fingerprint }
}
