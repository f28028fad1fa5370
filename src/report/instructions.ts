import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import type { Checkpointed, Cold } from './result.js'
import { capabilities, type SeccompProfile } from './cluster-objects.js'
import { kubernetesManifests, type KubernetesManifests, type Startable } from './kubernetes.js'
import type { Privileges } from '../docker/privileges.js'
import { CRAC_DIR, LAUNCH_FILES } from '../lib/image-paths.js'
import { shippedFile } from '../shipped.js'

/** How to start an image, by the names of the outputs. */
export interface Instructions extends KubernetesManifests {
  run: string
  compose: string
}

/** Name of the seccomp profile, and its path in the finished image, from where it is copied. */
const PROFILE = LAUNCH_FILES.seccompProfile
const PROFILE_IN_IMAGE = `${CRAC_DIR}/${PROFILE}`

/** What to mount where the root file system is read-only; a mount needs execution, because libraries are unpacked to /tmp. */
const READ_ONLY_COMPOSE =
  '# With `read_only: true`, add `tmpfs: ["/tmp:exec"]` if the application writes to /tmp.\n'

export function instructionsFor(startable: Startable, profile: SeccompProfile): Instructions {
  return {
    run: dockerRun(startable),
    compose: compose(startable),
    ...kubernetesManifests(startable, profile)
  }
}

/** Returns the command that copies the profile from the image, and the command that starts the container. */
function dockerRun({ image, port, privileges }: Startable): string {
  const flags = privileges?.restore(PROFILE).join(' ') ?? ''
  const profile = `docker run --rm --entrypoint cat "$image" ${PROFILE_IN_IMAGE} > ${PROFILE}`
  return [
    `image=${image}`,
    ...(flags.includes(PROFILE) ? [profile] : []),
    `docker run --rm --publish ${port}:${port} \\`,
    ...(flags === '' ? [] : [`  ${flags} \\`]),
    '  "$image"'
  ].join('\n')
}

function compose({ image, port, privileges }: Startable): string {
  const service: Record<string, unknown> = { image, ports: [`${port}:${port}`] }
  if (privileges?.level === 'privileged') service['privileged'] = true
  else if (privileges) {
    service['cap_drop'] = ['ALL']
    service['cap_add'] = capabilities(privileges)
    service['security_opt'] = options(privileges, './seccomp.json')
  }
  const file = READ_ONLY_COMPOSE + stringify({ services: { app: service } })
  if (!file.includes(PROFILE)) return file
  return `# Put ${PROFILE} in the same folder:\n# docker run --rm --entrypoint cat ${image} ${PROFILE_IN_IMAGE} > ${PROFILE}\n${file}`
}

function options(privileges: Privileges, profile: string): string[] {
  const words = privileges.restore(profile)
  return words.filter((_, index) => words[index - 1] === '--security-opt')
}

/** Returns the instructions for the image of a run, by its digest where it was pushed. */
export function instructions(result: Checkpointed | Cold): Instructions {
  const { image: runtime, port, user, publication } = result
  const { digest, tags } = publication
  const image = digest ? `${repositoryOf(tags[0] ?? '')}@${digest}` : (tags[0] ?? runtime.id)
  const profile = JSON.parse(readFileSync(shippedFile('docker/seccomp.json'), 'utf8')) as SeccompProfile
  return instructionsFor({ image, port, user, privileges: runtime.privileges }, profile)
}

function repositoryOf(tag: string): string {
  return tag.replace(/:[^/:]*$/, '')
}
