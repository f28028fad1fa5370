import { Document, stringify, visit } from 'yaml'
import type { Privileges } from '../docker/privileges.js'

/** The profile of docker/seccomp.json, in the form of the OCI runtime specification. */
export interface SeccompProfile {
  defaultAction: string
  architectures: string[]
  syscalls: { names: string[]; action: string; args?: object[] }[]
}

/** Name of the objects for the whole cluster. */
const NAME = 'crac-checkpoint'

/**
 * Path of the profile below /var/lib/kubelet/seccomp, where the operator puts it: https://github.com/kubernetes-sigs/security-profiles-operator,
 * version 1.0 and newer.
 */
export const NODE_PROFILE = `operator/${NAME}.json`

/** Returns the profile as an object; the operator does not know `comment` and `defaultErrnoRet`, whose value is the default. */
export function seccompProfile({ defaultAction, architectures, syscalls }: SeccompProfile): string {
  const rules = syscalls.map(({ names, action, args }) => ({ names, action, ...(args && { args }) }))
  const document = new Document({
    apiVersion: 'security-profiles-operator.x-k8s.io/v1',
    kind: 'SeccompProfile',
    metadata: { name: NAME },
    spec: { defaultAction, architectures, syscalls: rules }
  })
  // Hundreds of names: not each on a line of its own.
  visit(document, {
    Pair: (_, { key, value }) => {
      const isNames = String(key) === 'names' && typeof value === 'object' && value !== null
      if (isNames) (value as { flow?: boolean }).flow = true
    }
  })
  return document.toString()
}

/** Returns the SecurityContextConstraints of OpenShift that admit a pod which restores (https://github.com/openshift/api, security/v1). */
export function constraints(user: { uid: number }, privileges: Privileges): string {
  const all = privileges.level === 'privileged'
  const notes = [
    `To let a service account use it: oc adm policy add-scc-to-user ${NAME} --serviceaccount default`,
    'For a pod with the seccomp type Unconfined or RuntimeDefault, add unconfined or runtime/default to seccompProfiles.',
    'The SELinux boolean virt_sandbox_use_netlink of the nodes may have to be on.'
  ]
  return commented(notes, {
    apiVersion: 'security.openshift.io/v1',
    kind: 'SecurityContextConstraints',
    metadata: { name: NAME },
    allowHostDirVolumePlugin: false,
    allowHostIPC: false,
    allowHostNetwork: false,
    allowHostPID: false,
    allowHostPorts: false,
    allowPrivilegedContainer: all,
    // CRIU gets its two capabilities from its file.
    allowPrivilegeEscalation: true,
    allowedCapabilities: all ? ['*'] : capabilities(privileges),
    defaultAddCapabilities: null,
    requiredDropCapabilities: all ? null : ['ALL'],
    priority: null,
    readOnlyRootFilesystem: false,
    runAsUser: { type: 'MustRunAs', uid: user.uid },
    fsGroup: { type: 'MustRunAs' },
    supplementalGroups: { type: 'RunAsAny' },
    seLinuxContext: { type: 'MustRunAs' },
    seccompProfiles: all ? ['*'] : [`localhost/${NODE_PROFILE}`],
    volumes: [
      'configMap',
      'csi',
      'downwardAPI',
      'emptyDir',
      'ephemeral',
      'persistentVolumeClaim',
      'projected',
      'secret'
    ]
  })
}

/** Returns the capabilities that the bounding set needs at a restore. */
export function capabilities({ capability }: Privileges): string[] {
  return [capability.toUpperCase(), 'SETPCAP']
}

/** Returns an object as YAML, after comments. What occurs twice is written twice, without anchors. */
export function commented(notes: readonly string[], object: object): string {
  const text = stringify(object, { aliasDuplicateObjects: false })
  return `${notes.map((note) => `# ${note}\n`).join('')}${text}`
}
