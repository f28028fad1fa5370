import { expect } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { startRegistryFront } from '../../lab/registry-front.js'
import { annotations, docker, e2eSuite, errorOf, freshTag, labTest, runAction, world } from './support/lab.js'
import { interruptedRuns } from './support/interrupted.js'
import { completeDigest, machineContents, requireEnd, send } from './support/left.js'

e2eSuite('a cancelled run', ['Server'], ({ folder, context, job }) => {
  const interrupted = interruptedRuns(context)

  labTest.each([
    ['Inspect the runner', 50, 'SIGINT'],
    ['Resolve the JDK', 50, 'SIGTERM'],
    ['Build the checkpoint image', 300, 'SIGINT'],
    ['Choose the checkpoint engine', 300, 'SIGINT'],
    // The layers below the snapshot are read and sent meanwhile.
    ['Query the registries', 300, 'SIGTERM'],
    ['Take the snapshot', 300, 'SIGINT'],
    ['Make the image with the snapshot', 300, 'SIGTERM'],
    ['Prove the restore', 300, 'SIGINT']
  ] as const)(
    'in "%s" reports the cancellation, and removes what it has made',
    async (stage, after, signal) => {
      const before = machineContents()
      const tag = freshTag('cancelled')
      const step = await interrupted(
        // The steps before the push search only if they are to.
        { tags: tag, push: 'true', 'secret-scan': 'fail' },
        (pid) => send(pid, signal),
        { text: `::group::${stage}`, after }
      )
      expect(step.exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
      expect(annotations(step, 'error')).toHaveLength(1)
      expect(errorOf(step)).toContain(`The run was cancelled (${signal}).`)
      expect(errorOf(step)).toContain('category: cancelled')
      expect(step.summary).toContain('was cancelled')
      expect(step.log).not.toContain('may be left behind')
      expect(step.post).toMatchObject({ exitCode: 0, log: expect.not.stringContaining('::warning') })
      expect(step.left).toEqual([])
      expect(machineContents()).toBe(before)
      expect(await completeDigest(tag)).toBeUndefined()
    }
  )

  labTest('in a warm-up script ends the script and its children', async () => {
    const script = `${folder}/warm-up`
    writeFileSync(script, `#!/bin/sh\nsleep 300 &\necho $! > ${folder}/pid\necho warming\nwait\n`, {
      mode: 0o755
    })
    for (const how of ['SIGINT', 'SIGKILL'] as const) {
      const before = machineContents()
      const step = await interrupted({ 'warmup-script': script }, (pid) => send(pid, how), {
        text: '\nwarming\n',
        after: 50
      })
      expect(step.exitCode).toBe(how === 'SIGINT' ? 130 : 1)
      await requireEnd(Number(readFileSync(`${folder}/pid`, 'utf8')))
      expect(step.left).toEqual([])
      expect(machineContents()).toBe(before)
    }
  })

  // The tags have an image, and the registry never lets the second one be moved.
  labTest('by SIGINT or SIGKILL between two tags gives the first tag its old image back', async () => {
    const tags = [0, 1].map((index) => `${freshTag('cancelled-tags')}-${index}`)
    const front = await startRegistryFront(world.registry)
    const there = (tag: string): string => tag.replace(world.registry, front.address)
    try {
      const inputs = { tags: tags.map(there).join('\n'), push: 'true' }
      const { digest } = (await job(inputs)).outputs
      docker('image', 'rm', '--force', ...tags.map(there))

      for (const how of ['SIGINT', 'SIGKILL'] as const) {
        const before = machineContents()
        front.requests.splice(0)
        front.script({ method: 'PUT', path: /manifests\/crac-1$/, hang: true })
        let pid = 0
        const waiting = runAction(
          { context, ...inputs, labels: `other=${how}` },
          { onStart: (started) => (pid = started) }
        )
        await front.asked('PUT', /manifests\/crac-1$/)
        expect(await completeDigest(tags[0] ?? '')).not.toBe(digest)
        front.script()
        send(pid, how)
        const step = await waiting
        expect(step.exitCode).toBe(how === 'SIGINT' ? 130 : 1)
        for (const tag of tags) expect(await completeDigest(tag)).toBe(digest)
        const message = how === 'SIGINT' ? errorOf(step) : step.post.log
        expect(message).toContain(`${there(tags[0] ?? '')} was put back to ${digest}.`)
        expect(step.post.exitCode).toBe(0)
        expect(step.left).toEqual([])
        expect(machineContents()).toBe(before)
      }
    } finally {
      await front.close()
    }
  })

  labTest('warns when its post step cannot reach Docker; the next run removes what was left', async () => {
    const step = await interrupted(
      {},
      (pid) => send(pid, 'SIGKILL'),
      { text: '::group::Take the snapshot', after: 300 },
      { postEnvironment: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' } }
    )
    expect(step.post.exitCode).toBe(0)
    expect(step.post.log).toContain(
      '::warning::Something of this run may be left behind: The Docker engine does not respond.'
    )
    expect(step.left).toEqual([])
    const next = await job()
    expect(next.log).toMatch(/Removed what the run \S+ left, which ended without its clean-up\.\n/)
    expect(docker('ps', '--all', '--quiet')).toBe('')
  })
})
