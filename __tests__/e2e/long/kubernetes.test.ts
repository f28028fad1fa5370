import { expect } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { labHome, PROJECT } from '../../../lab/home.js'
import { playManifests } from '../../../lab/podman.js'
import { docker, e2eSuite, engineTest, freshTag } from '../support/lab.js'

interface Deployment {
  spec: { template: { spec: { containers: { env?: object[]; securityContext: Record<string, unknown> }[] } } }
}

/** Default profile of Docker, and of containerd, for RuntimeDefault. */
const DOCKER_PROFILE = readFileSync(path.join(PROJECT, 'data/docker-seccomp.json'), 'utf8')

// The manifest that the action prints, on podman, which reads manifests as the kubelet does.
e2eSuite('the Deployment of the outputs, with `podman kube play`', ['Server'], ({ job }) => {
  engineTest(
    'restores with the profile and with a read-only root; without what a restore needs it starts normally, and names that',
    async () => {
      const tag = freshTag('kube-play')
      const step = await job({ tags: tag, 'verify-runs': '1', archive: 'off' })
      const printed = step.outputs['kubernetes'] ?? ''
      const changed = (context: object, env: object[] = []): string => {
        const deployment = parse(printed) as Deployment
        for (const container of deployment.spec.template.spec.containers) {
          Object.assign(container.securityContext, context)
          container.env = env
        }
        return stringify(deployment)
      }
      // Without its fallback: what answers was restored.
      const exit = [{ name: 'CRAC_ON_RESTORE_FAILURE', value: 'exit' }]
      const runtimeDefault = changed({ seccompProfile: { type: 'RuntimeDefault' } })
      const { version, played } = await playManifests(
        labHome(),
        () => undefined,
        (file) => docker('save', '--output', file, tag),
        {
          printed: { yaml: printed },
          restored: { yaml: changed({}, exit) },
          readOnly: { yaml: changed({ readOnlyRootFilesystem: true }, exit) },
          runtimeDefault: { yaml: runtimeDefault },
          defaultOfDocker: { yaml: runtimeDefault, defaultProfile: DOCKER_PROFILE },
          refused: { yaml: changed({ capabilities: { drop: ['ALL'] } }) }
        },
        8080
      )
      expect(version).toMatch(/^5\./)
      // The default profile of podman allows clone3, unlike that of Docker and containerd.
      for (const name of ['printed', 'restored', 'readOnly', 'runtimeDefault']) {
        expect(played[name]?.answer).toContain('null|null|[]|true')
        expect(played[name]?.log).not.toContain('starting the application normally')
        expect(played[name]?.log).toMatch(/^Seccomp:\t2$/m)
      }
      const causes = {
        defaultOfDocker: 'the seccomp profile of this container blocks clone3 (RuntimeDefault in Kubernetes)',
        refused: 'the container lacks the capability CHECKPOINT_RESTORE'
      }
      for (const [name, cause] of Object.entries(causes)) {
        expect(played[name]?.answer).toContain(' 200 ')
        expect(played[name]?.log).toContain(`starting the application normally. Cause: ${cause}`)
      }
      docker('image', 'rm', '--force', tag)
    }
  )
})
