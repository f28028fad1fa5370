import { afterEach, beforeEach, expect } from '@jest/globals'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { StepResult } from '../../lab/runner.js'
import {
  annotations,
  available,
  docker,
  e2eSuite,
  errorOf,
  fixtureJar,
  freshTag,
  labTest,
  runAction
} from './support/lab.js'

// How an application says that it is ready, and what is sent to it before its snapshot.
e2eSuite('ready and warm', ['Server'], ({ folder: workspace, context }) => {
  let image: string
  beforeEach(() => {
    image = freshTag('warm')
  })
  afterEach(() => {
    if (available) docker('image', 'rm', '--force', image)
  })

  async function job(inputs: Record<string, string>): Promise<StepResult> {
    return await runAction({ context, tags: image, ...inputs }, { workspace })
  }
  const processes = (): string =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        } catch {
          return ''
        }
      })
      .join('\n')
  const warmUpOf = (step: StepResult): object =>
    (JSON.parse(step.outputs['metadata'] ?? '') as { snapshot: { warmUp: object } }).snapshot.warmUp

  labTest('ready-url, ready-command and ready-log all have to hold, and requests are counted', async () => {
    writeFileSync(path.join(workspace, 'order.json'), '{"item": 1}')
    const step = await job({
      'ready-url': '/redirect\nX-Probe: yes',
      'ready-command': 'test -e /tmp/written-before-the-checkpoint',
      'ready-log': 'listening on \\d+',
      warmup: 'GET / x50 c4\nPOST /echo @order.json x5 -> 201\nX-Tenant: acme\nGET /sometimes x4'
    })
    if (step.exitCode !== 0) throw new Error(step.log)
    expect(warmUpOf(step)).toEqual({ sent: 59, failed: 2 })
    expect(step.log).toContain('POST /echo @order.json x5 -> 201 (status 201: 5)')
    expect(step.log).toContain('echo: {"item": 1} for acme')
    expect(annotations(step, 'warning')).toEqual([
      expect.stringContaining('2 of 4 requests of the warm-up `GET /sometimes x4` failed: status 500: 2')
    ])
  })

  labTest(
    'an application that listens nowhere is recognized, and the message names `ready-log`',
    async () => {
      const worker = path.join(workspace, 'worker')
      mkdirSync(worker)
      copyFileSync(fixtureJar('Worker'), path.join(worker, 'app.jar'))
      const unknown = await job({ context: worker, 'startup-timeout': '3s' })
      expect(errorOf(unknown)).toContain('The application does not listen on any TCP port.')
      expect(errorOf(unknown)).toContain('set `ready-log`')
    }
  )

  labTest('a readiness condition that does not hold is named', async () => {
    const log = await job({ 'ready-log': 'never said', 'startup-timeout': '2s' })
    expect(errorOf(log)).toContain('ready-log never said: no line of the output matched it')
    // Long enough for a JVM to start on a busy machine.
    const command = await job({ 'ready-command': 'test -e "/no such file"', 'startup-timeout': '6s' })
    expect(errorOf(command)).toContain('ready-command (test -e /no such file): exit code 1')
    const status = await job({ 'ready-url': '/ -> 204', 'startup-timeout': '6s' })
    expect(errorOf(status)).toContain('GET /: status 200')
    const hidden = await job({ 'java-options': '-Daddress=127.0.0.1', 'startup-timeout': '6s' })
    expect(errorOf(hidden)).toContain("It listens on port 8080 of the container's loopback address only")
  })

  labTest(
    'a script warms up from the runner, with the address of the application and without the inputs',
    async () => {
      const script = [
        '#!/usr/bin/env node',
        "require('node:fs').writeFileSync('seen', Object.keys(process.env).filter((name) => name.startsWith('INPUT_')).join())",
        "fetch(process.env.APP_URL, { headers: { connection: 'close' } }).then(async (answer) => {",
        "  console.log('::warning::the script got ' + (await answer.text()) + ' from ' + process.env.CONTAINER_ID)",
        '})'
      ]
      writeFileSync(
        path.join(workspace, 'warm.sh'),
        script.join('\n').replace("'seen'", `'${workspace}/seen'`),
        { mode: 0o755 }
      )
      const step = await job({ 'warmup-script': 'warm.sh' })
      if (step.exitCode !== 0) throw new Error(step.log)
      expect(step.log).toContain('the script got null|null|[]|true from crac-checkpoint-')
      // The output of a script is not a workflow command.
      expect(annotations(step, 'warning')).toEqual([])
      expect(await readFile(path.join(workspace, 'seen'), 'utf8')).toBe('')
    }
  )

  labTest(
    'a script that fails, one that hangs with its children, and one that cannot be started',
    async () => {
      const script = (text: string, mode = 0o755): void =>
        writeFileSync(path.join(workspace, 'warm.sh'), text, { mode })
      script('#!/bin/sh\necho the shop is closed\nexit 7\n')
      expect(errorOf(await job({ 'warmup-script': 'warm.sh' }))).toMatch(
        /ended with exit code 7[^]*the shop is closed/
      )
      script('#!/bin/sh\nsleep 987 &\nwait\n')
      expect(errorOf(await job({ 'warmup-script': 'warm.sh', 'warmup-timeout': '1s' }))).toContain(
        'did not finish within 1 s'
      )
      expect(processes()).not.toContain('sleep\u0000987')
      expect(errorOf(await job({ 'warmup-script': 'none.sh' }))).toContain('ENOENT')
      rmSync(path.join(workspace, 'warm.sh'))
      script('#!/bin/sh\n', 0o644)
      expect(errorOf(await job({ 'warmup-script': 'warm.sh' }))).toContain('git update-index --chmod=+x')
    }
  )

  labTest('the application has the names of add-hosts', async () => {
    const step = await job({
      'add-hosts': 'db:10.1.2.3',
      'ready-command': 'grep -q "10.1.2.3.*db" /etc/hosts'
    })
    expect(step.exitCode).toBe(0)
  })
})
