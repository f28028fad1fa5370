import { beforeAll, expect } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../../lab/home.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import { docker, e2eSuite, engineContents, freshTag, labTest, withStarted, world } from './support/lab.js'

// The same job from a terminal.
e2eSuite('crac-checkpoint build', ['Server'], ({ folder, context }) => {
  const temporary = path.join(folder, 'tmp')
  beforeAll(() => void mkdirSync(temporary))

  interface Ended {
    code: number | null
    stdout: string
    stderr: string
  }
  function build(
    args: string[],
    onStderr: (text: string, pid: number) => void = () => undefined
  ): Promise<Ended> {
    const common = [
      '--base-image',
      world.baseImage,
      '--github-api-url',
      world.inputs['github-api-url'] ?? '',
      '--verify-runs',
      '1'
    ]
    const child = spawn(process.execPath, [path.join(PROJECT, 'dist/cli.cjs'), 'build', ...common, ...args], {
      cwd: context,
      env: { ...world.environment, RUNNER_TOOL_CACHE: world.toolCache, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const ended: Ended = { code: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ended.stderr += text
      onStderr(text, child.pid ?? 0)
    })
    return new Promise((resolve) => child.on('close', (code) => resolve({ ...ended, code })))
  }

  labTest('takes the inputs as options, shows its progress, and gives the outputs as JSON', async () => {
    const before = engineContents()
    const image = freshTag('terminal')
    const options = [
      '--tags',
      image,
      '--tags',
      `${image}-2`,
      '--warmup',
      'GET / x5',
      '--java-options=-Dgiven=there'
    ]
    const { code, stdout, stderr } = await build([...options, '--json'])
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    const outputs = JSON.parse(stdout) as Record<string, unknown>
    expect(outputs).toMatchObject({
      tags: `${image}\n${image}-2`,
      metadata: { snapshot: { warmUp: { sent: 5, failed: 0 } } }
    })
    expect(stderr).toContain('==> Take the snapshot\n  | listening on 8080\n')
    expect(stderr).not.toContain('::')
    await withStarted({ image }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('there|null|[]|true')
    })
    docker('image', 'rm', '--force', image, `${image}-2`)
    expect(engineContents()).toBe(before)
    expect(readdirSync(temporary)).toEqual([])
  })

  labTest('a failure has its one message, and its logs stay', async () => {
    const before = engineContents()
    const { code, stdout, stderr } = await build([
      '--tags',
      freshTag('late'),
      '--ready-url',
      '/ -> 204',
      '--startup-timeout',
      '1s'
    ])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const logs = /The logs are in (.*)\.$/m.exec(stderr)?.[1] ?? ''
    expect(stderr).toContain('The application was not ready within 1 s')
    expect(readdirSync(logs)).toContain('application.log')
    rmSync(path.dirname(logs), { recursive: true })
    expect(engineContents()).toBe(before)
  })

  labTest('ended by the user, it removes what it made', async () => {
    const before = engineContents()
    let sent = false
    const { code, stderr } = await build(['--tags', freshTag('ended')], (text, pid) => {
      if (sent || !text.includes('==> Take the snapshot')) return
      sent = true
      setTimeout(() => process.kill(pid, 'SIGINT'), 300)
    })
    expect({ code, told: stderr.includes('Cancelled') }).toEqual({ code: 130, told: true })
    expect(engineContents()).toBe(before)
    expect(readdirSync(temporary)).toEqual([])
  })
})
