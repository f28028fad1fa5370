import { expect } from '@jest/globals'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBaseImage } from '../../lab/docker/docker.js'
import { withEmptyDocker, type Switch } from '../../lab/docker/empty-docker.js'
import { labHome } from '../../lab/home.js'
import { startRegistryFront } from '../../lab/registry-front.js'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import { linesOf, LogReader } from '../../lab/workflow-commands.js'
import {
  annotations,
  docker,
  dockerAt,
  dockerBehind,
  e2eSuite,
  engineContents,
  engineTest,
  errorOf,
  fixtureJar,
  freshTag,
  labTest,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'

// Faults around the run, in its own surroundings: what is injected is said, and then the same command succeeds without it.
e2eSuite('a fault around the run', ['Server'], ({ folder, context, job }) => {
  const run = async (inputs: Record<string, string>, options?: Partial<StepOptions>): Promise<StepResult> =>
    await runAction({ context, ...inputs }, options)

  engineTest(
    'Docker stops between checkpoint and image: the run fails if it stays away, and goes on if it comes back',
    async () => {
      await withEmptyDocker(labHome(), async (environment, power) => {
        const quiet = (): void => undefined
        await ensureBaseImage(labHome(), { environment }, quiet)
        const tag = freshTag('engine-lost')
        const before = dockerAt(environment, 'image', 'ls', '--all', '--quiet')
        const name = '{{index .Options "com.docker.network.bridge.name"}}'
        const bridge = `/sys/class/net/${dockerAt(environment, 'network', 'inspect', 'bridge', '--format', name)}`
        expect(existsSync(path.join(bridge, 'brif'))).toBe(true)

        const away = await dyingAtLoad(environment, power, false, { tags: tag, push: 'true' })
        expect(away.exitCode).toBe(1)
        expect(errorOf(away)).toMatch(/^The Docker engine does not respond\.\n[^]*\(category: runner\)/)
        expect(annotations(away, 'warning').join()).toContain('may be left behind')
        expect(await registryDigest(tag)).toBeUndefined()
        expect(away.left).toEqual([])
        // Nothing of the engine that was switched off responds in place of a container of the next one.
        expect(existsSync(bridge)).toBe(false)
        await power.on()
        for (const name of dockerAt(environment, 'ps', '--all', '--quiet').split('\n').filter(Boolean))
          dockerAt(environment, 'rm', '--force', name)

        const back = await dyingAtLoad(environment, power, true, { tags: tag, push: 'true' })
        expect(annotations(back, 'error')).toEqual([])
        expect(back.left).toEqual([])
        expect(await registryDigest(tag)).toBe(back.outputs['digest'])
        expect(dockerAt(environment, 'ps', '--all', '--quiet')).toBe('')
        dockerAt(environment, 'image', 'rm', '--force', tag)
        expect(before).not.toBe('')
      })
    }
  )

  /** A run whose engine is ended when it is to load the snapshot, and started again or not. */
  async function dyingAtLoad(
    environment: NodeJS.ProcessEnv,
    power: Switch,
    again: boolean,
    inputs: Record<string, string>
  ): Promise<StepResult> {
    const place = mkdtempSync(path.join(folder, 'run-'))
    const [asked, dead] = [path.join(place, 'asked'), path.join(place, 'dead')]
    const lines = [
      `if [ "$1" = load ] && mkdir ${asked} 2>/dev/null; then`,
      `  while [ ! -e ${dead} ]; do sleep 0.1; done`,
      'fi'
    ]
    const running = run(inputs, {
      environment: {
        ...dockerBehind(folder, lines, environment),
        // Three seconds in place of thirty, where it does not come back.
        ...(again ? {} : { CRAC_CHECKPOINT_PATIENCE: '0.1' })
      }
    })
    let over = false
    void running.finally(() => (over = true))
    while (!existsSync(asked) && !over) await sleep(50)
    if (over) throw new Error((await running).log)
    await power.off()
    writeFileSync(dead, '')
    if (again) await power.on()
    return await running
  }

  labTest('a base image that cannot be pulled fails with the cause before any other work', async () => {
    const front = await startRegistryFront(world.registry)
    try {
      const stored = freshTag('base')
      docker('tag', world.baseImage, stored)
      docker('push', '--quiet', stored)
      docker('image', 'rm', stored)
      const image = stored.replace(world.registry, front.address)
      const before = engineContents()
      for (const [status, code, says] of [
        [404, 'MANIFEST_UNKNOWN', /could not be pulled\.\n[^]*category: image/],
        [401, 'UNAUTHORIZED', /could not be pulled\.\n[^]*docker\/login-action[^]*category: image/],
        [
          429,
          'TOOMANYREQUESTS',
          /could not be pulled: the rate limit of its registry is exceeded\.\n[^]*category: registry/
        ]
      ] as const) {
        front.script(
          ...['GET', 'HEAD'].map((method) => ({
            method,
            path: /\/manifests\//,
            status,
            error: [code, code.toLowerCase().replaceAll('_', ' ')] as [string, string]
          }))
        )
        const step = await run({ 'base-image': image })
        expect(errorOf(step)).toMatch(says)
        expect(step.log).not.toContain('Resolve the JDK')
        expect(step.left).toEqual([])
        expect(engineContents()).toBe(before)
      }
      front.script()
      await job({ 'base-image': image })
      docker('image', 'rm', '--force', image)
      expect(engineContents()).toBe(before)
    } finally {
      await front.close()
    }
  })

  labTest(
    'binary output and workflow commands in it are kept byte for byte, shown as text, and have no effect',
    async () => {
      const noisy = mkdtempSync(path.join(folder, 'noisy-'))
      copyFileSync(fixtureJar('Noisy'), path.join(noisy, 'app.jar'))
      let kept = Buffer.alloc(0)
      const step = await runAction(
        { context: noisy },
        {
          between: async ({ outputs }) => {
            kept = readFileSync(path.join(outputs['logs'] ?? '', 'application.log'))
            return await Promise.resolve()
          }
        }
      )
      expect(kept.includes(Buffer.from([0xff, 0xc3, 0x28, 0x80, 0x0a]))).toBe(true)
      expect(kept.includes('progress 1%\rprogress 2%\r::error::after')).toBe(true)
      expect(kept.includes('\u001b[31mred\u001b[0m \0NUL\n')).toBe(true)

      const message = errorOf(step)
      expect(message).toContain('ended with exit code 3 before it was ready')
      expect(message).toMatch(/\nred NUL\nprogress 1%\nprogress 2%\n/)
      expect(message).toContain('the last words')
      expect(message).not.toMatch(/(?!\n)\p{Cc}/u)
      expect(step.summary).toContain('progress 2%')
      expect(step.summary).not.toMatch(/(?!\n)\p{Cc}/u)
      expect(step.outputs['digest']).toBeUndefined()
      // Whatever the application says, the commands are those of the run and its libraries.
      const reader = new LogReader()
      const names = linesOf(step.log).flatMap((line) => {
        const read = reader.read(line)
        return read?.kind === 'command' ? [read.name] : []
      })
      expect(new Set(names)).toEqual(new Set(['debug', 'endgroup', 'error', 'group']))
      expect(names.filter((name) => name === 'endgroup')).toHaveLength(
        names.filter((name) => name === 'group').length
      )
    }
  )

  labTest('a clock that is set back by a day during the run has no effect', async () => {
    const skew = path.join(folder, 'skew.cjs')
    // From the moment on that the snapshot is taken.
    writeFileSync(
      skew,
      `const now = Date.now, begin = now(), day = 24 * 60 * 60 * 1000
const write = process.stdout.write
let back = 0
process.stdout.write = function (text, ...rest) {
  if (String(text).includes('Take the snapshot')) back = day
  return write.call(this, text, ...rest)
}
Date.now = () => now() - back
`
    )
    const tag = freshTag('clock')
    const options = [world.environment['NODE_OPTIONS'], `--require=${skew}`].filter(Boolean).join(' ')
    const environment = { ...world.environment, NODE_OPTIONS: options, TZ: 'Europe/Berlin' }
    const step = await job({ tags: tag, push: 'true', 'verify-runs': '1' }, { environment })
    expect(await registryDigest(tag)).toBe(step.outputs['digest'])
    const { snapshot, phases } = JSON.parse(step.outputs['metadata'] ?? '') as {
      snapshot: { handover: number | null }
      phases: { milliseconds: number }[]
    }
    expect(snapshot.handover).toBeNull()
    const times = [
      step.outputs['cold-start'],
      step.outputs['restore-time'],
      step.outputs['checkpoint-duration']
    ]
    for (const time of [...times.map(Number), ...phases.map(({ milliseconds }) => milliseconds)]) {
      expect(time).toBeGreaterThanOrEqual(0)
      expect(time).toBeLessThan(3_600_000)
    }
    docker('image', 'rm', '--force', tag)
  })

  labTest("JVM options in the base image's environment are used; those of CRaC are refused", async () => {
    const image = `crac-checkpoint-e2e/options-${process.pid}`
    const base = (line: string): void => {
      writeFileSync(path.join(folder, 'Dockerfile'), `FROM ${world.baseImage}\n${line}\n`)
      docker('build', '--quiet', '--tag', image, folder)
    }
    try {
      base('ENV JAVA_TOOL_OPTIONS="-XX:CRaCCheckpointTo=/elsewhere"')
      const refused = await run({ 'base-image': image })
      expect(errorOf(refused)).toMatch(
        /sets -XX:CRaCCheckpointTo in JAVA_TOOL_OPTIONS\.\n[^]*category: image/
      )
      expect(refused.left).toEqual([])

      const tag = freshTag('options')
      base('ENV JAVA_TOOL_OPTIONS="-Dgiven=by-the-image"')
      await job({ 'base-image': image, tags: tag, push: 'true' })
      await withStarted({ image: tag }, async (started) => {
        expect(await callUntilAnswer(started)).toMatch(/^by-the-image\|/)
      })
      docker('image', 'rm', '--force', tag)
    } finally {
      docker('image', 'rm', '--force', image)
    }
  })
})
