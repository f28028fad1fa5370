import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { privilegeLevels } from '../../src/docker/privileges.js'
import { instructionsFor } from '../../src/report/instructions.js'

const image = `ghcr.io/acme/hello@sha256:${'a'.repeat(64)}`
const LEVELS = [undefined, ...privilegeLevels('auto', { appArmor: true })]
const of = (privileges: (typeof LEVELS)[number]) =>
  instructionsFor(
    { image, port: 8080, privileges, user: { uid: 10001, gid: 10001 } },
    { defaultAction: 'SCMP_ACT_ERRNO', architectures: [], syscalls: [] }
  )

describe('how to start an image', () => {
  test('docker run, with the profile from the image', () => {
    expect(of(LEVELS[1]).run).toBe(
      [
        `image=${image}`,
        'docker run --rm --entrypoint cat "$image" /opt/crac-checkpoint/seccomp.json > seccomp.json',
        'docker run --rm --publish 8080:8080 \\',
        '  --cap-drop ALL --cap-add CHECKPOINT_RESTORE --cap-add SETPCAP --security-opt seccomp=seccomp.json \\',
        '  "$image"'
      ].join('\n')
    )
    expect(of(undefined).run).not.toContain('seccomp')
  })

  test('the compose file says what to mount on /tmp where the root file system is read-only', () => {
    for (const level of LEVELS) expect(of(level).compose).toMatch(/^#.*`tmpfs: \["\/tmp:exec"\]`/m)
  })

  test.each(LEVELS.map((level) => [level?.level ?? 'none', level] as const))(
    'the compose file for the privileges %s says the same as docker run',
    (_, level) => {
      const { compose, run } = of(level)
      const { services } = parse(compose) as { services: { app: Record<string, unknown> } }
      const { app } = services
      expect(app['image']).toBe(image)
      for (const name of (app['cap_add'] as string[] | undefined) ?? [])
        expect(run).toContain(`--cap-add ${name}`)
      for (const option of (app['security_opt'] as string[] | undefined) ?? [])
        expect(run).toContain(`--security-opt ${option.replace('./', '')}`)
      expect(app['privileged'] ?? false).toBe(run.includes('--privileged'))
    }
  )
})
