import path from 'node:path'
import { isInAnImage } from '../application/layouts/layout.js'
import { policiesText, type ResourcePolicies } from '../application/resource-policies.js'
import { outputTo, type Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { assembleBuildContext } from './build-context.js'
import { buildImage, type ImageBuild } from './build.js'
import { ownOptions } from './jvm-variables.js'
import { criuArgs } from './install-criu.js'
import { jdkLayerKey } from './jdk-layer-key.js'
import { APPLICATION_LABELS, originLabels } from './labels.js'
import type { ImageParts } from './parts.js'

/** The folder from which all images of a run are built, and what they have in common. */
export interface ImageSource {
  folder: string
  /** Build arguments of every stage of docker/Dockerfile. */
  buildArgs: Record<string, string>
  /** Labels of the finished image, with or without a snapshot. */
  labels: Record<string, string>
  /** Whether Docker, which would compress the layers of each image that it builds, is made not to. */
  uncompressed: boolean
  /** Value of JAVA_OPTS for a normal start. */
  javaOpts: string | undefined
}

export interface ImageInputs {
  javaOptions: string[]
  arguments: string[]
  cpuFeatures: string
  resourcePolicies: ResourcePolicies | undefined
  engine: string
  file: string | undefined
  baseImage: string
  tags: readonly { tag: string }[]
  labels: Record<string, string>
  user: { uid: number; gid: number }
  env: Record<string, string>
}

/** Writes the build context: everything that docker/Dockerfile copies. */
export async function prepareImages(
  { id, work }: Context,
  inputs: ImageInputs,
  {
    version,
    dockerFolder,
    environment,
    workspace
  }: { version: string; dockerFolder: string; environment: NodeJS.ProcessEnv; workspace: string },
  { application, base, jdk, criuImage, fingerprint }: ImageParts,
  imageStore?: 'graph driver' | 'containerd'
): Promise<ImageSource> {
  const { javaOptions, cpuFeatures, user } = inputs
  // BuildKit identifies a context by the last part of its path, and detects changes there by size and time only.
  const folder = path.join(work, `context-${id}`)
  await assembleBuildContext(folder, {
    dockerFolder,
    jdkArchive: jdk.file,
    application,
    javaOptions,
    arguments: inputs.arguments,
    cpuFeatures,
    ownOptions: ownOptions(base.environment, inputs.env, isInAnImage(application)),
    resourcePolicies: inputs.resourcePolicies && (await policiesText(inputs.resourcePolicies, workspace))
  })
  const origin = originLabels({
    created: new Date(),
    environment,
    version: inputs.tags[0]?.tag,
    base: { name: base.given?.reference ?? inputs.file ?? inputs.baseImage, digest: base.digest },
    jdkAsset: jdk.asset.name,
    jdkSha256: jdk.sha256,
    fingerprint,
    jdkLayer: await jdkLayerKey({
      ...{ version, dockerFolder, architecture: jdk.asset.architecture, jdkSha256: jdk.sha256 },
      trustStore: base.given?.trustStore
    })
  })
  return {
    folder,
    buildArgs: {
      ...criuArgs(base.image, criuImage),
      UID: String(user.uid),
      GID: String(user.gid),
      ENGINE: inputs.engine,
      RUN: id,
      WORKING_DIRECTORY: base.workingDirectory,
      TRUST_STORE: base.given?.trustStore ?? '',
      // The layer has the whole tree of the JDK.
      ...(jdk.isLayer && { JDK_PLACE: '/trees/jdk/' })
    },
    labels: { ...withoutOwn(origin, base.given?.labels), ...inputs.labels },
    uncompressed: imageStore === 'containerd',
    // The start command of an image has its own JAVA_OPTS.
    javaOpts:
      inputs.env['JAVA_OPTS'] ?? (isInAnImage(application) ? undefined : base.environment['JAVA_OPTS'])
  }
}

/** Returns the labels without those of the application, such as its version, that a given image has itself. */
function withoutOwn(
  origin: Record<string, string>,
  own: Readonly<Record<string, string>> = {}
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(origin).filter(([name]) => !(name in own && APPLICATION_LABELS.includes(name)))
  )
}

/** Builds one stage of docker/Dockerfile and returns the id of the image. */
export async function buildStage(
  context: Context,
  { folder, buildArgs, uncompressed }: ImageSource,
  target: ImageBuild['target'],
  own: { buildArgs: Record<string, string>; labels: Record<string, string> },
  output = outputTo(context, `build-${target}.log`)
): Promise<string> {
  return await buildImage(
    context.docker,
    {
      context: folder,
      target,
      name: namesOf(context.id).image(target === 'cold' ? 'runtime' : target),
      buildArgs: { ...buildArgs, ...own.buildArgs },
      labels: own.labels,
      uncompressed
    },
    output
  )
}
