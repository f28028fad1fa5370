import { stringify } from 'yaml'
import { usesProfile, type Privileges } from '../docker/privileges.js'
import { LAUNCH_FILES } from '../lib/image-paths.js'
import {
  capabilities,
  commented,
  constraints,
  NODE_PROFILE,
  seccompProfile,
  type SeccompProfile
} from './cluster-objects.js'

/** An image, and what a container of it needs. */
export interface Startable {
  /** Reference by tag or digest, or the id of an image that was not pushed. */
  image: string
  port: number
  /** Privileges of a restore; undefined where it needs none. */
  privileges: Privileges | undefined
  user: { uid: number; gid: number }
}

/** Manifests for Kubernetes, by the names of their outputs. Empty where the image does not need one. */
export interface KubernetesManifests {
  /** Deployment that starts the image; its container can be copied into any other workload. */
  kubernetes: string
  /** SeccompProfile of the security-profiles-operator, which puts the profile on each node. */
  'seccomp-profile': string
  /** Kustomization with a patch for a Deployment. */
  kustomize: string
  /** Values for a chart with the names that `helm create` gives them. */
  'helm-values': string
  /** SecurityContextConstraints that admit the pod on OpenShift. */
  openshift: string
}

/** Name of the Deployment and its container, to be replaced. */
const APP = 'app'

const READ_ONLY =
  'With `readOnlyRootFilesystem: true`, mount an emptyDir on /tmp if the application writes to it.'

/** Comments for a pod that restores. Neither `baseline` nor `restricted` allows CHECKPOINT_RESTORE. */
const POD_SECURITY =
  'Where Pod Security is enforced: kubectl label namespace NAMESPACE pod-security.kubernetes.io/enforce=privileged'
const PROFILE = [
  `The profile ${NODE_PROFILE} has to be on each node, else the container is not created: apply the output \`seccomp-profile\``,
  `(security-profiles-operator 1.0 or newer), or put ${LAUNCH_FILES.seccompProfile} of the image there: /var/lib/kubelet/seccomp/${NODE_PROFILE}.`,
  '`type: Unconfined` also works. With `type: RuntimeDefault`, which blocks clone3, the application starts normally.'
]

export function kubernetesManifests(startable: Startable, profile: SeccompProfile): KubernetesManifests {
  const needsProfile = usesProfile(startable.privileges)
  return {
    kubernetes: deployment(startable),
    'seccomp-profile': needsProfile ? seccompProfile(profile) : '',
    kustomize: kustomization(startable),
    'helm-values': helmValues(startable),
    openshift: startable.privileges ? constraints(startable.user, startable.privileges) : ''
  }
}

/** Returns what a cluster needs for a restore, as comments. */
function needsOf(privileges: Privileges | undefined): string[] {
  return [...(usesProfile(privileges) ? PROFILE : []), ...(privileges ? [POD_SECURITY] : [])]
}

function deployment(startable: Startable): string {
  const { privileges, port } = startable
  const labels = { app: APP }
  const container = { ...containerOf(startable), ports: [{ containerPort: port }] }
  return commented([...needsOf(privileges), READ_ONLY], {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: APP, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } }
    }
  })
}

function containerOf(startable: Startable): object {
  return { name: APP, image: startable.image, securityContext: securityContext(startable) }
}

function kustomization(startable: Startable): string {
  const patch = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: APP },
    spec: { template: { spec: { containers: [containerOf(startable)] } } }
  }
  const notes = [
    `Replace deployment.yaml with your file, and the two names \`${APP}\` of the patch with those of your Deployment and its container.`,
    ...needsOf(startable.privileges)
  ]
  return commented(notes, {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['deployment.yaml'],
    patches: [{ target: { kind: 'Deployment' }, patch: stringify(patch) }]
  })
}

/** Returns values with the names of the chart that `helm create` makes, which joins repository and tag with a colon. */
function helmValues(startable: Startable): string {
  const { image, port, privileges } = startable
  const colon = image.lastIndexOf(':')
  const notes = ['For a chart with the names that `helm create` gives to values.', ...needsOf(privileges)]
  return commented(notes, {
    image: { repository: image.slice(0, colon), tag: image.slice(colon + 1) },
    securityContext: securityContext(startable),
    service: { port }
  })
}

function securityContext({ privileges, user: { uid, gid } }: Startable): object {
  const who = { runAsNonRoot: true, runAsUser: uid, runAsGroup: gid }
  if (privileges === undefined) {
    return {
      ...who,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' }
    }
  }
  if (privileges.level === 'privileged') return { ...who, privileged: true }
  return {
    ...who,
    // CRIU gets its two capabilities from its file, which Kubernetes treats as an escalation; the application has none.
    allowPrivilegeEscalation: true,
    capabilities: { drop: ['ALL'], add: capabilities(privileges) },
    seccompProfile: { type: 'Localhost', localhostProfile: NODE_PROFILE },
    ...(privileges.level === 'least' ? {} : { appArmorProfile: { type: 'Unconfined' } })
  }
}
