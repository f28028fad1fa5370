import { stringify } from 'yaml'
import type { Checkpointed, Cold } from './result.js'
import type { Privileges } from '../docker/privileges.js'
import { CRAC_DIR, LAUNCH_FILES } from '../lib/image-paths.js'

export interface Startable {
  image: string
  port: number
  /** Privileges of a restore; undefined where it needs none. */
  privileges: Privileges | undefined
  user: { uid: number; gid: number }
}

export interface Instructions {
  run: string
  compose: string
  /** Manifest of a pod; the part of the container fits any workload. */
  kubernetes: string
}

/** Name of the seccomp profile, and its path in the finished image, from where it is copied. */
const PROFILE = LAUNCH_FILES.seccompProfile
const PROFILE_IN_IMAGE = `${CRAC_DIR}/${PROFILE}`

/** What to mount where the root file system is read-only; a mount needs execution, because libraries are unpacked to /tmp. */
const READ_ONLY_COMPOSE =
  '# With `read_only: true`, add `tmpfs: ["/tmp:exec"]` if the application writes to /tmp.\n'
const READ_ONLY_POD =
  '# With `readOnlyRootFilesystem: true`, mount an emptyDir on /tmp if the application writes to it.'

export function instructionsFor(startable: Startable): Instructions {
  return { run: dockerRun(startable), compose: compose(startable), kubernetes: kubernetes(startable) }
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
    '# Put seccomp.json below /var/lib/kubelet/seccomp/ on each node; where that is not possible,',
    '# `type: Unconfined` works too. RuntimeDefault does not work: it blocks clone3.'
  ]
  const comments = [READ_ONLY_POD]
  const needsProfile = privileges !== undefined && privileges.level !== 'privileged'
  if (needsProfile) comments.push(...profile)
  return `${comments.join('\n')}\n${stringify(pod)}`
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
    // CRIU gets its two capabilities from its file, which Kubernetes treats as an escalation; the application has none.
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

/** Returns the instructions for the image of a run, by its digest where it was pushed. */
export function instructions(result: Checkpointed | Cold): Instructions {
  const { image: runtime, port, user, publication } = result
  const { digest, tags } = publication
  const image = digest ? `${repositoryOf(tags[0] ?? '')}@${digest}` : (tags[0] ?? runtime.id)
  return instructionsFor({ image, port, user, privileges: runtime.privileges })
}

function repositoryOf(tag: string): string {
  return tag.replace(/:[^/:]*$/, '')
}
