import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../../docker/context.js'
import { dockerFailure } from '../../docker/failure.js'
import { withContainer } from '../../docker/image-files.js'
import { namesOf } from '../../docker/names.js'
import { megabytes, sizeText } from '../../lib/values.js'
import { pairs, runBuild } from '../build.js'
import { brokenBy, ofImage } from '../contract.js'
import type { ExistingImage } from '../existing-image.js'
import { variablesIn } from '../jvm-variables.js'
import type { ApplicationOnBase, BaseImage } from '../on-base.js'
import { dockerfileOf, withStartSettings } from '../start/started-image.js'
import { environmentOn, instructionsFor } from './dockerfile.js'
import { copyKept, type KeptFiles } from './kept-files.js'
import { keptPaths } from './kept-paths.js'

/** The input `base-image`. */
export type GivenBase = Pick<BaseImage, 'image' | 'digest' | 'repositoryDigests' | 'environment'>

/** Most folders that are named as left behind, the largest first. */
const MOST_FOLDERS = 20

/** Names of archives in the build context. */
const KEPT = 'kept.tar'
const TRUST_STORE = 'cacerts'

/** Path of the store of certificates of the old Java in the new image. */
const STORE_IN_IMAGE = '/opt/crac-cacerts/cacerts'

/**
 * Returns the application of an existing image on the base image: its files, with times and owners, its variables, labels and other
 * settings. What is left behind is in the log.
 */
export async function onBaseImage(
  context: Pick<Context, 'docker' | 'id' | 'work' | 'log'>,
  image: ExistingImage,
  { base, user }: { base: GivenBase; user: { uid: number; gid: number } }
): Promise<ApplicationOnBase> {
  const { docker, id, work } = context
  const { config, recording, java, reference } = image
  const environment = environmentOn(base.environment, variablesIn(config.Env ?? []))
  const odd = Object.entries(environment).find(([name, value]) => /[\r\n\0]/.test(name + value))
  if (odd !== undefined)
    throw brokenBy(
      ofImage(reference),
      `${image.lack}; and it sets the variable ${odd[0]} to several lines, which an image on another base cannot`,
      'Set the variable with `env`, or build the image on debian:trixie-slim.'
    )
  const folder = path.join(work, `graft-${id}`)
  await mkdir(folder)
  const kept = await copyFiles(context, image, folder, environment)
  for (const line of linesOf(kept, image)) context.log.info(line)

  const name = namesOf(id).image('user')
  const trustStore = java.trustStore === undefined ? undefined : STORE_IN_IMAGE
  const lines = [
    dockerfileOf(base.image, { environment, written: new Map() }).trimEnd(),
    `ADD ${KEPT} /`,
    ...(trustStore === undefined ? [] : [`COPY ${TRUST_STORE} ${trustStore}`]),
    ...instructionsFor(config)
  ]
  await writeFile(path.join(folder, 'Dockerfile'), `${lines.join('\n')}\n`)
  const labels = pairs('--label', config.Labels ?? {})
  const command = ['build', '--tag', name, '--force-rm', ...labels, '--', folder]
  const built = await runBuild(docker, command, {})
  if (built.exitCode !== 0) throw dockerFailure(command, built)
  // The variables have those of the recording already.
  const written = recording && { environment: {}, written: recording.written }
  return {
    application: image.application,
    libraries: undefined,
    base: {
      image: await withStartSettings(context, name, `${user.uid}:${user.gid}`, written),
      workingDirectory: image.workingDirectory,
      digest: image.digest,
      ...(base.digest === undefined ? {} : { ground: base.digest }),
      repositoryDigests: base.repositoryDigests,
      environment,
      given: { reference, trustStore, labels: config.Labels ?? {} }
    }
  }
}

async function copyFiles(
  { docker, id }: Pick<Context, 'docker' | 'id'>,
  { config, application, workingDirectory, java, ...image }: ExistingImage,
  folder: string,
  environment: Readonly<Record<string, string>>
): Promise<KeptFiles> {
  const keeps = keptPaths({
    ...{ words: application.command, workingDirectory, environment, javaHome: java.home },
    volumes: Object.keys(config.Volumes ?? {})
  })
  return await withContainer(docker, { run: id, image: image.id }, async (container) => {
    if (java.trustStore !== undefined)
      await docker.run([
        ...['cp', '--follow-link', `${container}:${java.trustStore}`],
        path.join(folder, TRUST_STORE)
      ])
    return await docker.stream(['export', container], (tar) => copyKept(tar, path.join(folder, KEPT), keeps))
  })
}

/** Returns the lines for the log about what was kept and left behind. */
export function linesOf(
  { files, bytes, left, libraries }: KeptFiles,
  { lack, java }: ExistingImage
): string[] {
  const folders = [...left].sort(([, a], [, b]) => b - a)
  const named = folders.slice(0, MOST_FOLDERS).map(([folder, size]) => `${folder} (${sizeText(size)})`)
  const others = folders.slice(MOST_FOLDERS)
  const rest = others.reduce((sum, [, size]) => sum + size, 0)
  return [
    `Its application has ${files} files with ${megabytes(bytes)}: all outside of the folders of the system and of ${java.home}, and what its start names there.`,
    `Left behind: ${[...named, ...(others.length > 0 ? [`${others.length} others (${sizeText(rest)})`] : [])].join(', ')}. What the application needs of it, such as fonts, has to be in \`base-image\`.`,
    ...(libraries.length > 0 && lack?.startsWith('has musl')
      ? [
          `Native libraries that may need musl: ${libraries.slice(0, MOST_FOLDERS).join(', ')}. The base image has glibc.`
        ]
      : [])
  ]
}
