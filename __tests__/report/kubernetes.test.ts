import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { Deployment } from 'kubernetes-models/apps/v1'
import { Namespace } from 'kubernetes-models/v1'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { privilegeLevels } from '../../src/docker/privileges.js'
import { kubernetesManifests } from '../../src/report/kubernetes.js'
import type { SeccompProfile } from '../../src/report/cluster-objects.js'
import { ROOT } from '../support/inputs.js'

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')
const SCHEMAS = JSON.parse(read('__tests__/fixtures/kubernetes-schemas.json')) as Record<string, object>
const PROFILE = JSON.parse(read('docker/seccomp.json')) as SeccompProfile

const image = `ghcr.io/acme/hello@sha256:${'a'.repeat(64)}`
const LEVELS = [undefined, ...privilegeLevels('auto', { appArmor: true })]
const CASES = LEVELS.map((level) => [level?.level ?? 'none', level] as const)
const [, LEAST] = LEVELS
const of = (privileges: (typeof LEVELS)[number], name = image) =>
  kubernetesManifests({ image: name, port: 8080, privileges, user: { uid: 10001, gid: 10002 } }, PROFILE)

interface Workload {
  metadata: { name: string }
  spec: { template: { spec: { containers: { name: string; image: string; securityContext: object }[] } } }
}

type DeploymentShape = ConstructorParameters<typeof Deployment>[0]
const isDeployment = (text: string): void => new Deployment(parse(text) as DeploymentShape).validate()

/** Returns the errors of a manifest by its schema; none if it is valid. */
function errorsBy(schema: string, text: string): unknown[] {
  const ajv = new Ajv({ strict: false, allErrors: true })
  ajv.validate(SCHEMAS[schema] ?? {}, parse(text))
  return ajv.errors ?? []
}

const restoring = {
  runAsNonRoot: true,
  runAsUser: 10001,
  runAsGroup: 10002,
  allowPrivilegeEscalation: true,
  capabilities: { drop: ['ALL'], add: ['CHECKPOINT_RESTORE', 'SETPCAP'] },
  seccompProfile: { type: 'Localhost', localhostProfile: 'operator/crac-checkpoint.json' }
}

describe.each(CASES)('for the privileges %s', (_, level) => {
  test('the Deployment is one by the schema of Kubernetes', () => {
    expect(() => isDeployment(of(level).kubernetes)).not.toThrow()
  })

  test('the patch of the Kustomization makes a Deployment of another one valid', () => {
    const { kustomize } = of(level)
    expect(errorsBy('Kustomization', kustomize)).toEqual([])
    const { patches } = parse(kustomize) as { patches: { patch: string }[] }
    const patch = parse(patches[0]?.patch ?? '') as Workload
    const [container] = patch.spec.template.spec.containers
    const mine = parse(of(undefined).kubernetes) as Workload
    const [first] = mine.spec.template.spec.containers
    // A strategic merge joins the containers of one name.
    expect(container?.name).toBe(first?.name)
    mine.spec.template.spec.containers = [{ ...first, ...container } as never]
    expect(() => new Deployment(mine as never).validate()).not.toThrow()
    expect(mine).toMatchObject(parse(of(level).kubernetes) as object)
  })

  test('the values for Helm give the image and the securityContext of the Deployment', () => {
    for (const name of [image, 'ghcr.io/acme/hello:1.2', 'localhost:5000/hello:crac']) {
      const values = parse(of(level, name)['helm-values']) as {
        image: { repository: string; tag: string }
        securityContext: object
      }
      const [container] = (parse(of(level, name).kubernetes) as Workload).spec.template.spec.containers
      // templates/deployment.yaml of `helm create`: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
      expect(`${values.image.repository}:${values.image.tag}`).toBe(container?.image)
      expect(values.securityContext).toEqual(container?.securityContext)
    }
  })

  test('the constraints of OpenShift are some by its schema', () => {
    const { openshift } = of(level)
    expect(openshift === '').toBe(level === undefined)
    expect(openshift === '' ? [] : errorsBy('SecurityContextConstraints', openshift)).toEqual([])
  })

  test('the profile is there where a restore needs it', () => {
    const needed = level !== undefined && level.level !== 'privileged'
    const manifests = of(level)
    expect(manifests['seccomp-profile'] !== '').toBe(needed)
    for (const text of [manifests.kubernetes, manifests.kustomize, manifests['helm-values']])
      expect(text.includes('operator/crac-checkpoint.json')).toBe(needed)
  })

  test('no manifest has an anchor or an alias of YAML', () => {
    for (const text of Object.values(of(level))) expect(text).not.toMatch(/[:-] [&*]\w/)
  })

  test('a comment says what to mount on /tmp where the root file system is read-only', () => {
    expect(of(level).kubernetes).toMatch(/^#.*`readOnlyRootFilesystem: true`, mount an emptyDir on \/tmp/m)
  })
})

describe('the objects of the cluster', () => {
  test('the SeccompProfile is one by the schema of the operator, and has the rules of docker/seccomp.json', () => {
    const text = of(LEAST)['seccomp-profile']
    expect(errorsBy('SeccompProfile', text)).toEqual([])
    const { metadata, spec } = parse(text) as { metadata: { name: string }; spec: SeccompProfile }
    const rules = PROFILE.syscalls.map(({ names, action, args }) => ({
      names,
      action,
      ...(args && { args })
    }))
    expect(spec).toEqual({
      defaultAction: PROFILE.defaultAction,
      architectures: PROFILE.architectures,
      syscalls: rules
    })
    // The operator names the file after the object.
    expect(restoring.seccompProfile.localhostProfile).toBe(`operator/${metadata.name}.json`)
  })

  test('the constraints admit the container of the Deployment', () => {
    const scc = parse(of(LEAST).openshift) as Record<string, unknown>
    const [container] = (parse(of(LEAST).kubernetes) as Workload).spec.template.spec.containers
    expect(container?.securityContext).toEqual(restoring)
    expect(scc).toMatchObject({
      allowPrivilegedContainer: false,
      allowPrivilegeEscalation: true,
      allowedCapabilities: restoring.capabilities.add,
      requiredDropCapabilities: ['ALL'],
      runAsUser: { type: 'MustRunAs', uid: 10001 },
      seccompProfiles: [`localhost/${restoring.seccompProfile.localhostProfile}`]
    })
  })

  test('the label of the namespace is one that Pod Security reads', () => {
    const [, key = '', value = ''] =
      /kubectl label namespace NAMESPACE (\S+)=(\w+)$/m.exec(of(LEAST).kubernetes) ?? []
    expect(key).toBe('pod-security.kubernetes.io/enforce')
    expect(value).toBe('privileged')
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'x', labels: { [key]: value } }
    }
    expect(() => new Namespace(namespace as never).validate()).not.toThrow()
    // An image without a snapshot needs no exemption: its container is one of the level `restricted`.
    expect(of(undefined).kubernetes).not.toContain('pod-security')
    const [container] = (parse(of(undefined).kubernetes) as Workload).spec.template.spec.containers
    expect(container?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' }
    })
  })
})

test('a schema that finds nothing wrong with anything would prove nothing', () => {
  expect(() => isDeployment('{metadata: {name: x}, spec: {template: {}}}')).toThrow()
  const unknown = 'rules: []\n'
  for (const [schema, text] of [
    ['SeccompProfile', of(LEAST)['seccomp-profile'].replace('spec:\n', 'spec:\n  defaultErrnoRet: 1\n')],
    ['SecurityContextConstraints', of(LEAST).openshift + unknown],
    ['Kustomization', of(LEAST).kustomize + unknown]
  ] as const)
    expect(errorsBy(schema, text)).not.toEqual([])
})
