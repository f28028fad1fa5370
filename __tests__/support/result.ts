import type { Result } from '../../src/outputs.js'

/** The result of a run that worked, with every part filled in. */
export function aResult(changes: Partial<Result> = {}): Result {
  return {
    runner: { architecture: 'x64', engineVersion: '28.2.2', kernel: '6.17.0-1010-azure' },
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
      checkpointDuration: 700.4
    },
    proof: { restoreTime: 100, coldStart: 1500 },
    imageId: `sha256:${'b'.repeat(64)}`,
    tags: ['ghcr.io/acme/hello:crac', 'ghcr.io/acme/hello:1.0'],
    digest: `sha256:${'c'.repeat(64)}`,
    restoreFlags: '--cap-drop ALL',
    logs: '/temp/logs',
    phases: [{ name: 'inspect', milliseconds: 12 }],
    ...changes
  }
}
