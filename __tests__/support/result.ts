import { ladder } from '../../src/engine/privileges.js'
import type { Checkpointed } from '../../src/outputs.js'

const [LEAST] = ladder('least', { appArmor: false })

/** The result of a run that worked, with every part filled in. */
export function aResult(changes: Partial<Checkpointed> = {}): Checkpointed {
  return {
    outcome: 'checkpointed',
    runner: {
      architecture: 'x64',
      version: '28.2.2',
      kernel: '6.17.0-1010-azure',
      operatingSystem: 'Ubuntu 24.04',
      appArmor: true,
      rootless: false,
      cpu: 'Intel(R) Xeon(R)',
      amx: true,
    diskFree: 50e9,
      reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' },
      privileges: [],
      refused: []
    },
    takenBy: {
      name: 'criu',
      kind: 'system',
      version: '4.1.1',
      why: 'the bundled one (3.17.1) fails here: Unexpected rt vDSO area bounds',
      privileges: []
    },
    jdk: {
      asset: {
        distribution: 'crac',
        version: '24-crac+20',
        aliases: [],
        major: 24,
        order: [24, 20],
        architecture: 'x64',
        name: 'openjdk-24-crac+20_linux-x64.tar.gz',
        url: 'https://api.github.com/repos/CRaC/openjdk-builds/releases/assets/1',
        size: 1000,
        sha256: undefined,
        sha1: undefined
      },
      file: '/cache/jdk.tar.gz',
      sha256: 'a'.repeat(64),
      cached: false
    },
    application: 'Micronaut layers (example.Application)',
    baseImage: 'debian:trixie-slim',
    snapshot: {
      size: 112_500_000,
      files: [],
      statistics: undefined,
      criuVersion: '4.1.1',
      startDuration: 1500,
      checkpointDuration: 700.4,
      completedAt: undefined,
      handover: 60.2,
      warmUp: { sent: 200, failed: 1 },
      privileges: LEAST
    },
    proof: { restoreTime: 100, coldStart: 1500 },
    imageId: `sha256:${'b'.repeat(64)}`,
    tags: ['ghcr.io/acme/hello:crac', 'ghcr.io/acme/hello:1.0'],
    digest: `sha256:${'c'.repeat(64)}`,
    port: 8080,
    user: { uid: 10001, gid: 10001 },
    privileges: LEAST,
    restoreFlags: '--cap-drop ALL',
    layers: [{ createdBy: 'COPY trees/jdk/ /', rawSize: 150_700_000, size: 48_700_000, sent: true }],
    logs: '/temp/logs',
    phases: [{ name: 'inspect', milliseconds: 12 }],
    ...changes
  }
}
