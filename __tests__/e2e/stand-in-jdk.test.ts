import { describe, expect, test } from '@jest/globals'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  containerLog,
  docker,
  fixtureJar,
  labAfterAll,
  labBeforeAll,
  labTest as labTestOfAny,
  untilLogged,
  world
} from './support/lab.js'

/** There is a stand-in only where no other JDK is given. */
const labTest = process.env['LAB_JDK_ARCHIVE'] ? test.skip : labTestOfAny

const WITH_POLICIES = '-Djdk.crac.resource-policies=/policies'
const POLICIES = `# A log file, and a server.
type: file
path: /tmp/**.log
action: reopen
warn: false
---
type: SOCKET
localPort: 8080
action: close
`

// The contract of lab/jdk/README.md: what the real CRaC JDKs 17 and 21 do.
describe('the stand-in JDK', () => {
  const image = `crac-checkpoint-e2e/jdk-${process.pid}`
  // Written out, and not taken from src/: what the JDK needs is a fact of its own.
  const checkpointFlags = [
    '--cap-add',
    'CHECKPOINT_RESTORE',
    '--cap-add',
    'SYS_PTRACE',
    '--security-opt',
    'seccomp=unconfined'
  ]
  const containers: string[] = []

  labBeforeAll(() => {
    if (process.env['LAB_JDK_ARCHIVE']) return
    const folder = mkdtempSync(path.join(tmpdir(), 'e2e-stand-in-'))
    copyFileSync(fixtureJar('Hooks', 'OpenSocket'), path.join(folder, 'app.jar'))
    copyFileSync(world.jdkArchive ?? '', path.join(folder, 'jdk.tar.gz'))
    // The shell is PID 1, and the ids of the JVM are above those that any container has taken at its start.
    const init = [
      '#!/bin/sh',
      'i=0; while [ $i -lt 128 ]; do true & i=$!; wait; done',
      '"$@" &',
      'readlink /proc/$!/fd/1 /proc/$!/fd/2 >/tmp/streams',
      'wait $!',
      'code=$?',
      'echo "ended with $code"',
      'sleep 60',
      ''
    ]
    writeFileSync(path.join(folder, 'init.sh'), init.join('\n'))
    writeFileSync(path.join(folder, 'policies'), POLICIES)
    writeFileSync(
      path.join(folder, 'Dockerfile'),
      [
        `FROM ${world.baseImage}`,
        'ADD jdk.tar.gz /opt/',
        'COPY app.jar init.sh policies /',
        'RUN ln -s /opt/openjdk-* /opt/java && chmod +x /init.sh && mkdir -m 1777 /cr && cp /usr/sbin/criu /criu',
        'RUN setcap cap_checkpoint_restore,cap_sys_ptrace,cap_setpcap+eip /criu',
        'ENV PATH=/opt/java/bin:/usr/sbin:/usr/bin:/sbin:/bin CRAC_CRIU_PATH=/criu CRAC_CRIU_OPTS=--unprivileged',
        'USER 10001:10001',
        ''
      ].join('\n')
    )
    docker('build', '--quiet', '--tag', image, folder)
    rmSync(folder, { recursive: true })
  })
  labAfterAll(() => {
    if (containers.length > 0) docker('rm', '--force', ...containers)
    docker('image', 'rm', '--force', image)
  })

  function start(
    command: string[],
    flags: string[] = checkpointFlags,
    from = image,
    init = ['/init.sh']
  ): string {
    const name = docker('run', '--detach', ...flags, from, ...init, ...command)
    containers.push(name)
    return name
  }
  function java(...args: string[]): { code: number | null; stdout: string; stderr: string } {
    const result = spawnSync('docker', ['run', '--rm', image, 'java', ...args], {
      env: world.environment,
      encoding: 'utf8'
    })
    return { code: result.status, stdout: result.stdout, stderr: result.stderr }
  }
  function jcmd(name: string): { code: number | null; output: string } {
    const pid = docker(
      'exec',
      name,
      'sh',
      '-c',
      'cd /proc; for p in [0-9]*; do case $(readlink $p/exe) in */java-hotspot) echo $p;; esac; done'
    )
    const result = spawnSync('docker', ['exec', name, 'jcmd', pid, 'JDK.checkpoint'], {
      env: world.environment,
      encoding: 'utf8'
    })
    return { code: result.status, output: result.stdout + result.stderr }
  }

  labTest(
    'runs the hooks in their order, ends the JVM by SIGKILL, restores, and can do it again',
    async () => {
      const log = '/tmp/hooks.log'
      const name = start(['java', '-XX:CRaCCheckpointTo=/cr', WITH_POLICIES, '-cp', '/app.jar', 'Hooks', log])
      await untilLogged(name, 'ready')
      const answer = jcmd(name)
      expect(answer.code).toBe(0)
      expect(answer.output).toMatch(/^\d+:\nCR: Checkpoint \.\.\.\n$/)
      await untilLogged(name, 'ended with')
      expect(`${docker('logs', name)}\n`).toBe('ready\nbefore second\nbefore first\nended with 137\n')

      const snapshot = `${image}-snapshot`
      docker('commit', '--change', 'ENTRYPOINT []', name, snapshot)
      try {
        const [out, err] = docker('run', '--rm', snapshot, 'cat', '/tmp/streams').split('\n')
        const options = `CRAC_CRIU_OPTS=--unprivileged --inherit-fd fd[1]:${out} --inherit-fd fd[2]:${err}`
        const restore = ['env', options, 'java', '-XX:CRaCRestoreFrom=/cr']
        // No ids are raised here: the low ones are for what restores, the others for what is restored.
        const init = ['sh', '-c', '"$@"; echo "ended with $?"; sleep 60', 'sh']
        const restored = start(restore, checkpointFlags, snapshot, init)
        expect(await untilLogged(restored, 'after second')).toContain('after first\nafter second\n')
        // Opened again, behind what it had.
        expect(docker('exec', restored, 'cat', log)).toBe('opened\nafter first\nafter second')
        expect(jcmd(restored).code).toBe(0)
        expect(await untilLogged(restored, 'ended with')).toContain(
          'before second\nbefore first\nended with 137\n'
        )
      } finally {
        docker('rm', '--force', ...containers.splice(0))
        docker('image', 'rm', '--force', snapshot)
      }
    }
  )

  labTest.each([
    [
      ['Hooks', 'pipe'],
      /Suppressed: jdk\.internal\.crac\.mirror\.impl\.CheckpointOpenResourceException: FD fd=\d+ type=fifo path=pipe:/
    ],
    [
      ['Hooks', '/tmp/hooks.log'],
      /Suppressed: jdk\.internal\.crac\.mirror\.impl\.CheckpointOpenFileException: \/tmp\/hooks\.log\n/
    ],
    [
      ['OpenSocket'],
      /Suppressed: sun\.nio\.ch\.EPollSelectorImpl\$BusySelectorException: Selector sun\.nio\.ch\.EPollSelectorImpl@\w+ has registered keys from channels: \[sun\.nio\.ch\.ServerSocketChannelImpl\[.*:8080\]\]\n[^]*Suppressed: jdk\.internal\.crac\.mirror\.impl\.CheckpointOpenSocketException: EPoll FD \d+ left open in [^]*CheckpointOpenSocketException: sun\.nio\.ch\.ServerSocketChannelImpl\[.*:8080\]\n/
    ]
  ])(
    'refuses %j in the output of jcmd, whose exit code is 0, and goes on',
    async ([main = '', ...args], refusal) => {
      const name = start(['java', '-XX:CRaCCheckpointTo=/cr', '-cp', '/app.jar', main, ...args])
      await untilLogged(name, 'ready')
      for (const answer of [jcmd(name), jcmd(name)]) {
        expect(answer.code).toBe(0)
        expect(answer.output).toContain('An exception during a checkpoint operation:')
        expect(answer.output).toMatch(refusal)
      }
      expect(docker('inspect', '--format', '{{.State.Running}}', name)).toBe('true')
      expect(containerLog(name)).not.toContain('ended with')
    }
  )

  labTest('reports the code that opened what it refuses, only with the option for it', async () => {
    const option = '-Djdk.crac.collect-fd-stacktraces=true'
    const java = ['java', '-XX:CRaCCheckpointTo=/cr']
    const asked = start([...java, option, '-cp', '/app.jar', 'OpenSocket'])
    await untilLogged(asked, 'ready')
    expect(jcmd(asked).output).toMatch(
      /CheckpointOpenSocketException: sun\.nio\.ch\.ServerSocketChannelImpl[^]*Caused by: java\.lang\.Exception: This file descriptor was created by main at epoch:\d+ here[^]*at OpenSocket\.main\(OpenSocket\.java:\d+\)/
    )
    const silent = start([...java, '-cp', '/app.jar', 'OpenSocket'])
    await untilLogged(silent, 'ready')
    expect(jcmd(silent).output).not.toContain('This file descriptor was created by')
  })

  labTest(
    'a socket that a policy closes does not prevent the checkpoint; the log has a warning',
    async () => {
      const name = start(['java', '-XX:CRaCCheckpointTo=/cr', WITH_POLICIES, '-cp', '/app.jar', 'OpenSocket'])
      await untilLogged(name, 'ready')
      expect(jcmd(name).output).toMatch(/^\d+:\nCR: Checkpoint \.\.\.\n$/)
      await untilLogged(name, 'ended with 137')
      await untilLogged(
        name,
        /WARNING: Socket sun\.nio\.ch\.ServerSocketChannelImpl\[.*:8080\] was not closed by the application/
      )
    }
  )

  labTest('a CRIU that fails: the JVM says so, restores its resources and goes on', async () => {
    const name = start([
      'env',
      'CRAC_CRIU_PATH=/bin/false',
      'java',
      '-XX:CRaCCheckpointTo=/cr',
      '-jar',
      '/app.jar'
    ])
    await untilLogged(name, 'ready')
    expect(jcmd(name)).toMatchObject({ code: 0, output: expect.stringContaining('CR: Checkpoint ...') })
    for (const line of [
      'after second',
      'CRIU failed with exit code 1 - check /cr/dump4.log',
      'JVM: invalid info for restore provided: queued code -1'
    ])
      await untilLogged(name, line)
  })

  labTest(
    'a JVM that was not started for a checkpoint refuses it; it restricts glibc as the CPU',
    async () => {
      const name = start(['java', '-XX:CPUFeatures=generic', '-jar', '/app.jar'])
      await untilLogged(name, 'ready')
      const environment = docker('exec', name, 'sh', '-c', 'cat /proc/[0-9]*/environ | tr "\\0" "\\n"')
      if (process.arch === 'x64') {
        expect(environment).toMatch(/^GLIBC_TUNABLES=:glibc\.cpu\.hwcaps=,-AVX,/m)
        expect(environment).toContain('HOTSPOT_GLIBC_TUNABLES_REEXEC=1\n')
      }
      expect(jcmd(name)).toMatchObject({ code: 0, output: expect.stringContaining('C/R is not configured') })
    }
  )

  labTest('an unknown option is refused as HotSpot does, also when a CRaC option is beside it', () => {
    const { code, stdout, stderr } = java('-XX:CRaCCheckpointTo=/cr', '-XX:NoSuchOption=1', '-version')
    expect(code).toBe(1)
    expect(stdout + stderr).toContain("Unrecognized VM option 'NoSuchOption=1'")
  })

  labTest.each([
    [['-XX:CPUFeatures=abc', '-version'], "VM option 'CPUFeatures=abc' must be of the form: 0xnum,0xnum"],
    [['-XX:CREngine=warp', '-version'], 'Cannot find CRaC engine warp'],
    [['-XX:CRaCCheckpointTo=/none/cr', '-version'], 'cannot create /none/cr'],
    [['-XX:CRaCRestoreFrom=/none'], 'Cannot open CRaCRestoreFrom=/none: No such file or directory'],
    [['-XX:CRaCRestoreFrom=/cr', '-XX:MaxHeapSize=1g'], 'Flag MaxHeapSize cannot be set during restore']
  ])('%j is refused with exit code 1', (options, message) => {
    const { code, stderr } = java(...options)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })

  labTest('options of the application are left alone', () => {
    const { stdout, code } = java('-XX:+PrintFlagsFinal', '-XX:CRaCMinPid=200', '-version')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ *ccstr CRaCCheckpointTo +=/m)
    const { stderr } = java('-cp', '/app.jar', 'NoSuchMain', '-XX:CRaCRestoreFrom=/none')
    expect(stderr).toContain('Could not find or load main class NoSuchMain')
  })
})
