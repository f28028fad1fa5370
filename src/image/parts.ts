import { javaNeedOf } from '../application/java-need.js'
import type { Application } from '../application/layouts/layout.js'
import type { Context } from '../docker/context.js'
import type { Architecture } from '../jdk/asset.js'
import type { JdkArchive } from '../jdk/install.js'
import { resolveJdk, type JdkEnvironment, type JdkInputs } from '../jdk/resolve.js'
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

/** Selects and provides the JDK for an application, which may still be searched for. */
export async function provideJdk(
  context: Pick<Context, 'clock' | 'log' | 'work'>,
  inputs: JdkInputs,
  environment: JdkEnvironment,
  architecture: Architecture,
  application: Promise<Application | undefined>
): Promise<JdkArchive> {
  // The content of an image of the user's Dockerfile is not known.
  const need = application.then(async (found) => found && (await javaNeedOf(found)))
  need.catch(() => undefined)
  return await resolveJdk(context, inputs, environment, architecture, need)
}
