import { stringify } from 'yaml'
import type { Checkpointed, Cold } from './result.js'
import type { Privileges } from '../docker/privileges.js'
import { CRAC_DIR, LAUNCH_FILES } from '../lib/image-paths.js'

/** What somebody needs to know who starts an image. */
export interface Startable {
  /** By digest, by tag or by id. */
  image: string
  port: number
  /** What a restore needs; undefined where it needs nothing. */
  privileges: Privileges | undefined
  user: { uid: number; gid: number }
}

/** How to start an image, in three notations. */
export interface Instructions {
  /** Commands for a shell. */
  run: string
  /** A compose file with this one service. */
  compose: string
  /** A pod; its container's part fits any workload. */
  kubernetes: string
}

/** Where the seccomp profile lies in the finished image, so that it can be copied from there. */
const PROFILE = LAUNCH_FILES.seccompProfile
const PROFILE_IN_IMAGE = `${CRAC_DIR}/${PROFILE}`

export function instructionsFor(startable: Startable): Instructions {
  return { run: dockerRun(startable), compose: compose(startable), kubernetes: kubernetes(startable) }
}

/** First the profile, which the image carries, then the container. */
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
  const file = stringify({ services: { app: service } })
  if (!file.includes(PROFILE)) return file
  return `# ${PROFILE} has to lie beside it:\n# docker run --rm --entrypoint cat ${image} ${PROFILE_IN_IMAGE} > ${PROFILE}\n${file}`
}

function kubernetes({ image, port, privileges, user }: Startable): string {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app' },
    spec: {
      containers: [
        {
          name: 'app',
          image,
          ports: [{ containerPort: port }],
          securityContext: privileges === undefined ? restricted(user) : forRestore(privileges, user)
        }
      ]
    }
  }
  const profile = [
    '# seccomp.json has to lie on each node below /var/lib/kubelet/seccomp/; where it cannot,',
    '# `type: Unconfined` does too. RuntimeDefault does not: it hides clone3.'
  ]
  const needsProfile = privileges !== undefined && privileges.level !== 'privileged'
  return `${needsProfile ? `${profile.join('\n')}\n` : ''}${stringify(pod)}`
}

function restricted({ uid, gid }: Startable['user']): object {
  return {
    runAsNonRoot: true,
    runAsUser: uid,
    runAsGroup: gid,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' }
  }
}

function forRestore(privileges: Privileges, { uid, gid }: Startable['user']): object {
  const who = { runAsNonRoot: true, runAsUser: uid, runAsGroup: gid }
  if (privileges.level === 'privileged') return { ...who, privileged: true }
  return {
    ...who,
    // CRIU gets its two capabilities from its file, which counts as an escalation; the application has none.
    allowPrivilegeEscalation: true,
    capabilities: { drop: ['ALL'], add: capabilities(privileges) },
    seccompProfile: { type: 'Localhost', localhostProfile: PROFILE },
    ...(privileges.level === 'least' ? {} : { appArmorProfile: { type: 'Unconfined' } })
  }
}

function capabilities({ capability }: Privileges): string[] {
  return [capability.toUpperCase(), 'SETPCAP']
}

function options(privileges: Privileges, profile: string): string[] {
  const words = privileges.restore(profile)
  return words.filter((_, index) => words[index - 1] === '--security-opt')
}

/** How to start the image of a run, by its digest where it was pushed. */
export function instructions(result: Checkpointed | Cold): Instructions {
  const { image: runtime, port, user, publication } = result
  const { digest, tags } = publication
  const image = digest ? `${repositoryOf(tags[0] ?? '')}@${digest}` : (tags[0] ?? runtime.id)
  return instructionsFor({ image, port, user, privileges: runtime.privileges })
}

function repositoryOf(tag: string): string {
  return tag.replace(/:[^/:]*$/, '')
}
