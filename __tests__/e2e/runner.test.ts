import { afterEach, beforeEach, expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import type { StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import {
  annotations,
  available,
  docker,
  dockerBehind,
  e2eSuite,
  errorOf,
  freshTag,
  labTest,
  runAction,
  untilLogged,
  withStarted,
  world
} from './support/lab.js'

// Machines of other kinds, as far as the lab can be made to be one: real engine, real CRIU, real restores.
e2eSuite('a runner of another kind', ['Server'], ({ folder, context, job: run }) => {
  let image: string
  beforeEach(() => {
    image = freshTag('runner')
  })
  afterEach(() => {
    if (available) docker('image', 'rm', '--force', image)
  })

  const job = async (
    inputs: Record<string, string>,
    environment: NodeJS.ProcessEnv = {}
  ): Promise<StepResult> =>
    await run(
      { tags: image, ...inputs },
      { workspace: folder, environment: { ...world.environment, ...environment } }
    )

  /** A `docker` in front of the real one that refuses what the engine should not know: as engines do that are older. */
  function engineWithout(pattern: string): NodeJS.ProcessEnv {
    const words = 'docker: Error response from daemon: invalid CapAdd: unknown capability: "CAP_X"'
    return dockerBehind(folder, [`case "$*" in ${pattern}) echo '${words}' >&2; exit 125;; esac`])
  }

  labTest('restores with SYS_ADMIN, and declares it, when Docker lacks CHECKPOINT_RESTORE', async () => {
    const step = await job({}, engineWithout('*CHECKPOINT_RESTORE*'))
    expect(step.log).toContain('Privilege level least is not available: ')
    expect(step.outputs['restore-flags']).toContain('--cap-drop ALL --cap-add SYS_ADMIN --cap-add SETPCAP')
    const flags = (step.outputs['restore-flags'] ?? '').split(' ')
    expect(
      docker(
        'image',
        'inspect',
        '--format',
        '{{index .Config.Labels "io.github.crac-checkpoint.restore-flags"}}',
        image
      )
    ).toBe(step.outputs['restore-flags'])
    writeFileSync(
      path.join(folder, 'seccomp.json'),
      docker('run', '--rm', '--entrypoint', 'cat', image, '/opt/crac-checkpoint/seccomp.json')
    )
    const absolute = flags.map((flag) => flag.replace('seccomp=', `seccomp=${folder}/`))
    await withStarted({ image, flags: absolute }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
      expect(await untilLogged(started.name, 'afterRestore')).toBe('afterRestore\n')
      // The application itself has nothing of it.
      const status = docker(
        'exec',
        started.name,
        'sh',
        '-c',
        // CRIU writes its mark just after the application continues.
        'n=50; until [ -s $HOME/.crac-restored-* ] || [ $((n-=1)) -eq 0 ]; do sleep 0.1; done; cat /proc/$(cat $HOME/.crac-restored-*)/status'
      )
      expect(status).toMatch(/CapEff:\s+0{16}\n/)
      expect(status).toMatch(/Uid:\s+10001\s/)
    })
  })

  labTest(
    'a Docker that grants nothing is refused with the reason of each level, or gives an image without a snapshot',
    async () => {
      const environment = { ...world.environment, ...engineWithout('*--cap-add*|*--privileged*') }
      const refused = await runAction({ context, tags: image }, { environment })
      expect(refused.exitCode).toBe(1)
      expect(errorOf(refused)).toContain('The Docker engine does not grant what CRIU needs')
      expect(errorOf(refused)).toContain('privileged: ')

      const cold = await job({ 'on-unsupported-runner': 'cold' }, engineWithout('*--cap-add*|*--privileged*'))
      expect(annotations(cold, 'warning')[0]).toContain('This runner does not support snapshots')
      expect(cold.outputs).toMatchObject({ 'restore-time': '', 'restore-flags': '', skipped: 'false' })
      expect(
        docker(
          'image',
          'inspect',
          '--format',
          '{{index .Config.Labels "io.github.crac-checkpoint.snapshot"}}',
          image
        )
      ).toBe('none')
      await withStarted({ image, flags: [] }, async (started) => {
        expect(await callUntilAnswer(started)).toContain('null|null|[]')
      })
    }
  )

  labTest(
    'a JDK whose own CRIU fails here is replaced by that of the base image, and the log has the reason',
    async () => {
      const step = await job({
        distribution: 'file',
        'jdk-file': jdkWithCriu('echo "Version: 3.17.1"', 'x="Unexpected rt vDSO area bounds"')
      })
      expect(step.log).toContain("The JDK's CRIU 3.17.1, with privilege level least: ")
      expect(step.log).toContain('(criu-vdso-bounds)')
      const metadata = JSON.parse(step.outputs['metadata'] ?? '') as { snapshot: { criu: object } }
      expect(metadata.snapshot.criu).toMatchObject({ kind: 'system', why: expect.stringContaining('3.17.1') })
    }
  )

  /** The lab's JDK with a lib/criu of its own: a program that fails as the old one does. */
  function jdkWithCriu(version: string, failure: string): string {
    const unpacked = path.join(folder, 'jdk')
    mkdirSync(unpacked)
    execFileSync('tar', ['-xzf', world.jdkArchive ?? '', '-C', unpacked])
    const [name = ''] = execFileSync('ls', [unpacked], { encoding: 'utf8' }).trim().split('\n')
    const script = [
      '#!/bin/sh',
      `case $1 in --version) ${version}; exit;; --help) exit;; esac`,
      failure,
      'while [ $# -gt 0 ]; do [ "$1" != --images-dir ] || d=$2; shift; done',
      'echo "(00.025701) Error (criu/vdso.c:381): vdso: $x" >"$d/dump.log"',
      'exit 1'
    ]
    const criu = path.join(unpacked, name, 'lib/criu')
    writeFileSync(criu, `${script.join('\n')}\n`)
    chmodSync(criu, 0o755)
    execFileSync('tar', ['-I', 'gzip -1', '-cf', path.join(folder, 'jdk.tar.gz'), '-C', unpacked, name])
    return 'jdk.tar.gz'
  }

  labTest('ports of a remote Docker are called at its own address', async () => {
    const socket = (world.environment['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '')
    const address = Object.values(networkInterfaces())
      .flat()
      .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address
    if (address === undefined) throw new Error('this machine has no address but the loopback')
    // Half-open, as the engine's own connections are: a client ends its side of `docker run` first.
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const engine = connect({ path: socket, allowHalfOpen: true })
      client.pipe(engine).pipe(client)
      for (const side of [client, engine])
        side.on('error', () => [client, engine].forEach((end) => end.destroy()))
    })
    await new Promise<void>((resolve) => server.listen(0, address, resolve))
    try {
      const remote = `tcp://${address}:${(server.address() as AddressInfo).port}`
      const step = await job({ 'verify-runs': '1' }, { DOCKER_HOST: remote })
      expect(Number(step.outputs['restore-time'])).toBeGreaterThan(0)
    } finally {
      server.close()
    }
  })
})
