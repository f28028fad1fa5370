import { javaNeedOf } from '../application/java-need.js'
import type { Application } from '../application/layouts/layout.js'
import type { Context } from '../docker/context.js'
import type { Architecture } from '../jdk/asset.js'
import type { JdkArchive } from '../jdk/install.js'
import { resolveJdk, type JdkEnvironment, type JdkInputs } from '../jdk/resolve.js'
import { prepareBase, type ApplicationOnBase, type BaseInputs } from './base.js'
import { fingerprintOf, type FingerprintParts } from './fingerprint.js'

export interface ImageParts extends ApplicationOnBase {
  jdk: JdkArchive
  fingerprint: string
}

/** Prepares the base image and the JDK; `values` are the values of the inputs that change the image. */
export async function prepareParts(
  context: Context,
  inputs: BaseInputs & JdkInputs & Pick<FingerprintParts, 'warmup' | 'warmupScript' | 'resourcePolicies'>,
  environment: JdkEnvironment & Pick<FingerprintParts, 'version' | 'dockerFolder'>,
  parts: { application: Application | undefined; architecture: Architecture; values: unknown }
): Promise<ImageParts> {
  const onBase = await prepareBase(context, inputs, environment.workspace, parts.application)
  // The content of an image of the user's Dockerfile is not known.
  const need = parts.application && (await javaNeedOf(parts.application))
  const jdk = await context.step('jdk', 'Resolve the JDK', () =>
    resolveJdk(context, inputs, environment, parts.architecture, need)
  )
  const { version, dockerFolder, workspace } = environment
  const { warmup, warmupScript, resourcePolicies } = inputs
  const fingerprint = await fingerprintOf({
    ...{ version, dockerFolder, workspace, warmup, warmupScript, resourcePolicies },
    ...onBase,
    jdkSha256: jdk.sha256,
    inputs: parts.values
  })
  return { ...onBase, jdk, fingerprint }
}
