import { rm } from 'node:fs/promises'
import path from 'node:path'
import { javaNeedOf } from '../application/java-need.js'
import type { Application } from '../application/layouts/layout.js'
import type { Context } from '../docker/context.js'
import type { ExistingImage } from '../image/existing-image.js'
import { jdkLayerKey } from '../image/jdk-layer-key.js'
import type { SettledInputs } from '../inputs/settled.js'
import type { Architecture } from '../jdk/asset.js'
import type { JdkArchive } from '../jdk/install.js'
import { selectJdk, type SelectedJdk } from '../jdk/resolve.js'
import { messageOf } from '../lib/errors.js'
import { fetchJdkLayer } from '../registry/jdk-layer.js'
import type { World } from '../run/world.js'

/** What a JDK is provided for; the application may still be searched for. */
export interface JdkRequest {
  inputs: SettledInputs
  architecture: Architecture
  application: Promise<Application | undefined>
  /** The image of the input `image`, whose Java the JDK replaces. */
  image: ExistingImage | undefined
}

type JdkContext = Pick<Context, 'clock' | 'log' | 'work'>

/** Selects the JDK, and provides it: as the layer of the last image where `reuse-layers` allows that, or else as its archive. */
export async function provideJdk(
  context: JdkContext,
  world: World,
  request: JdkRequest
): Promise<JdkArchive> {
  const { inputs, architecture, application, image } = request
  // The content of an image of the user's Dockerfile is not known.
  const need = application.then(async (found) => found && (await javaNeedOf(found)))
  need.catch(() => undefined)
  const wanted = image ? { ...inputs, replaces: image.java } : inputs
  const selected = await selectJdk(context, wanted, world, architecture, need)
  return (await fromLastImage(context, world, request, selected)) ?? (await selected.provide())
}

/** Returns the layer that the image of the first tag has of the JDK; undefined, with the reason in the log, where that is not used. */
async function fromLastImage(
  { log, work }: JdkContext,
  { version, dockerFolder, repositories, cancelled }: World,
  { inputs, architecture, image }: JdkRequest,
  { asset, expectedSha256 }: SelectedJdk
): Promise<JdkArchive | undefined> {
  if (!inputs.reuseLayers) return undefined
  const file = path.join(work, 'jdk-layer.tar.gz')
  const fetched = await fetch().catch(async (error: unknown) => {
    cancelled.throwIfAborted()
    // The archive needs its place on the disk.
    await rm(file, { force: true })
    return messageOf(error)
  })
  if (typeof fetched !== 'string') return fetched
  log.info(`No layer of the last image is used: ${fetched.replace(/\.$/, '')}.`)
  return undefined

  async function fetch(): Promise<JdkArchive | string> {
    const [tag] = inputs.tags
    if (tag === undefined) return 'there is no tag'
    const sha256 = await expectedSha256()
    if (sha256 === undefined)
      return 'the JDK is on this machine, no source has its digest, or `jdk-sha256` is another one'
    const { trustStore } = image?.java ?? {}
    const key = await jdkLayerKey({ version, dockerFolder, architecture, jdkSha256: sha256, trustStore })
    if (key === undefined) return 'the JDK gets the certificates of the image'
    const result = await fetchJdkLayer(repositories, tag, key, file, cancelled)
    if ('reason' in result) return result.reason
    log.info(`${asset.name} comes from a layer of ${result.from}.`)
    return { asset, file, sha256, isLayer: true }
  }
}
