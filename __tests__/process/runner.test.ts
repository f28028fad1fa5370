import { describe, expect, test } from '@jest/globals'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runStep, type StepResult } from '../../lab/runner.js'
import { annotations, errorOf } from '../support/error-of.js'
import { ROOT } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// dist/ as a runner starts it, with a `docker` command that plays the machine: what cannot work is refused in time.
describe('the inspection of the runner', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  const VERSION = (kernel = '6.17.0-1010-azure', version = '28.2.2'): string =>
    JSON.stringify({ Server: { Version: version, Os: 'linux', Arch: 'amd64', KernelVersion: kernel } })
  const CONTAINER = 'CapBnd: 000001ffffffffff\nflags : fpu sse2'

  interface Machine {
    version?: string
    architecture?: string
    /** Body of the case for `docker run`. */
    run?: string
    client?: string
  }

  async function start(
    machine: Machine,
    inputs: Record<string, string>
  ): Promise<{ step: StepResult; seconds: number }> {
    await install(machine)
    await mkdir(path.join(folder, 'classes'))
    const begin = Date.now()
    let seconds = Infinity
    const step = await runStep({
      inputs: { 'main-class': 'Main', ...inputs },
      environment: { PATH: `${folder}:${process.env['PATH']}`, HOME: folder },
      workspace: folder,
      toolCache: path.join(folder, 'cache'),
      between: () => {
        seconds = (Date.now() - begin) / 1000
        return Promise.resolve()
      }
    })
    return { step, seconds }
  }

  /** Puts the `docker` command there that plays the machine. */
  async function install(machine: Machine): Promise<void> {
    const {
      version = `echo '${VERSION()}'`,
      architecture = 'amd64',
      client = 'Docker version 28.2.2'
    } = machine
    const script = `#!/bin/sh
case "$1 $2" in
'version --format') ${version} ;;
'info --format') echo '{"OperatingSystem":"Ubuntu 24.04"}' ;;
'context inspect') echo unix:///var/run/docker.sock ;;
'image inspect') echo '[{"Architecture":"${architecture}"}]' ;;
'run --rm') ${machine.run ?? `echo '${CONTAINER}'`} ;;
'--version ') echo '${client}' ;;
'ps --all' | 'image ls') ;;
*) exit 1 ;;
esac
`
    await writeFile(path.join(folder, 'docker'), script)
    await chmod(path.join(folder, 'docker'), 0o755)
  }

  const DOWN =
    "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2; exit 1"
  const UNKNOWN = `case "$*" in *CHECKPOINT_RESTORE*) echo 'docker: Error response from daemon: invalid CapAdd: unknown capability: "CAP_CHECKPOINT_RESTORE"' >&2; exit 125;; esac; exit 1`

  test.each<[string, Machine, Record<string, string>, string]>([
    ['emulation', { architecture: 'arm64' }, {}, 'under emulation CRIU cannot see the real process'],
    [
      'an engine without CHECKPOINT_RESTORE',
      { version: `echo '${VERSION('5.4.0', '20.10.24')}'`, run: UNKNOWN },
      { privileges: 'least' },
      'Docker 20.10.24 does not know the capability CHECKPOINT_RESTORE'
    ],
    ['podman', { version: 'exit 125', client: 'podman version 5.4.0' }, {}, 'podman 5.4.0, not Docker'],
    ['a daemon that is not running', { version: DOWN }, {}, 'The Docker engine does not respond'],
    ['a daemon that hangs', { version: 'exec sleep 60' }, {}, 'did not answer in time']
  ])(
    '%s: refused in less than ten seconds, with its class',
    async (_, machine, inputs, message) => {
      const { step, seconds } = await start(machine, inputs)
      expect(step.exitCode).toBe(1)
      expect(errorOf(step)).toContain(message)
      expect(errorOf(step)).toContain('category: runner')
      expect(errorOf(step)).toContain('Fix: ')
      // An engine that never answered has nothing of the run.
      expect(step.log + step.post.log).not.toContain('may be left behind')
      expect(seconds).toBeLessThan(10)
    },
    30_000
  )

  test('reports what a job in a container without a docker command needs', async () => {
    // The rest of a usual image is there.
    await symlink(
      execFileSync('which', ['timeout'], { encoding: 'utf8' }).trim(),
      path.join(folder, 'timeout')
    )
    await mkdir(path.join(folder, 'classes'))
    const step = await runStep({
      inputs: { 'main-class': 'Main' },
      environment: { PATH: folder, HOME: folder },
      workspace: folder,
      toolCache: path.join(folder, 'cache')
    })
    expect(step.exitCode).toBe(1)
    expect(errorOf(step)).toMatch(/^The docker command could not be started: [^\n]*docker/)
    expect(errorOf(step)).toContain('category: runner')
    expect(errorOf(step)).toMatch(/A job in a container needs the command line in its image/)
    expect(step.post.exitCode).toBe(0)
    expect(step.left).toEqual([])
  })

  test('skip: the step succeeds, says so, and has the output `skipped`', async () => {
    const { step } = await start(
      { architecture: 'arm64' },
      { 'on-unsupported-runner': 'skip', tags: 'r.example/a:1' }
    )
    expect(step.exitCode).toBe(0)
    expect(step.outputs).toMatchObject({ skipped: 'true', digest: '', imageid: '' })
    expect(annotations(step, 'warning')[0]).toContain('This runner does not support snapshots')
    expect(step.summary).toContain('under emulation')
  })

  test('fails on a broken Docker engine, also with `on-unsupported-runner: skip`', async () => {
    const { step } = await start({ version: DOWN }, { 'on-unsupported-runner': 'skip' })
    expect(step.exitCode).toBe(1)
  })

  describe('crac-checkpoint doctor', () => {
    async function doctor(machine: Machine, ...args: string[]) {
      await install(machine)
      const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder }
      const cli = path.join(ROOT, 'dist/cli.cjs')
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'doctor', ...args], {
        env,
        encoding: 'utf8'
      })
      return { status, stdout, stderr }
    }

    test('says what would be used here', async () => {
      const { status, stdout } = await doctor({})
      expect(status).toBe(0)
      expect(stdout).toMatch(/^kernel +6\.17\.0-1010-azure$/m)
      expect(stdout).toMatch(/^privileges +least$/m)
      expect(stdout).toMatch(/^restore +--cap-drop ALL --cap-add CHECKPOINT_RESTORE/m)
    })

    test('names the level that was left, and why', async () => {
      const once = `case "$*" in *CHECKPOINT_RESTORE*) echo 'unknown capability: "CAP_CHECKPOINT_RESTORE"' >&2; exit 125;; esac; echo '${CONTAINER}'`
      const { stdout } = await doctor({ run: once })
      expect(stdout).toMatch(/^not least +unknown capability/m)
      expect(stdout).toMatch(/^privileges +sys-admin$/m)
    })

    test('exits with 1 where a run would be refused; both as JSON too', async () => {
      expect(await doctor({ architecture: 'arm64' })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('under emulation')
      })
      const refused = await doctor({ architecture: 'arm64' }, '--json')
      expect(JSON.parse(refused.stdout)).toMatchObject({ supported: false, category: 'runner' })
      const fine = await doctor({}, '--json', '--privileges', 'privileged')
      expect(JSON.parse(fine.stdout)).toMatchObject({ supported: true, privileges: 'privileged' })
      expect(await doctor({}, '--criu', 'newest')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('one of: auto, bundled, system')
      })
    })
  })
})
