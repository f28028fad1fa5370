import { describe, expect, test } from '@jest/globals'
import { namesOf } from '../../src/docker/names.js'
import { removeContainers, removeImages } from '../../src/run/release.js'
import { systemClock } from '../../src/lib/clock.js'
import { cleanUp } from '../../src/run/post.js'
import { fakeDocker } from '../support/fake-docker.js'

describe('what a run leaves', () => {
  test('its containers are found by their label, and only its own', async () => {
    const engine = fakeDocker((args) => (args[0] === 'ps' ? 'c1\nc2\n' : ''))
    expect(await removeContainers(engine, namesOf('1'))).toEqual([])
    expect(engine.calls.map((call) => call.args)).toEqual([
      ['ps', '--all', '--quiet', '--filter', 'label=io.github.crac-checkpoint.run=1'],
      ['rm', '--force', '--volumes', 'c1', 'c2']
    ])
  })

  test('images that are not there are not removed', async () => {
    const engine = fakeDocker((args) => (args.includes('crac-checkpoint/run-1:snapshot') ? 'sha256:x' : ''))
    expect(await removeImages(engine, namesOf('1'), ['checkpoint', 'snapshot'])).toEqual([])
    expect(engine.calls.filter((call) => call.args[1] === 'rm').map((call) => call.args.at(-1))).toEqual([
      'crac-checkpoint/run-1:snapshot'
    ])
  })

  test('images without a name are found by their label', async () => {
    const engine = fakeDocker((args) => (args.includes('dangling=true') ? 'i1\ni2\n' : ''))
    expect(await removeImages(engine, namesOf('1'), [])).toEqual([])
    expect(engine.calls.map((call) => call.args)).toEqual([
      [
        ...['image', 'ls', '--filter', 'dangling=true', '--quiet'],
        ...['--filter', 'label=io.github.crac-checkpoint.run=1']
      ],
      ['image', 'rm', '--force', 'i1', 'i2']
    ])
  })

  test('an engine that is gone is told for each part, and keeps nothing from being tried', async () => {
    const engine = fakeDocker(() => ({ exitCode: 1, stderr: 'Cannot connect to the Docker daemon' }))
    const problems = await cleanUp(engine, systemClock, '1', '/nonexistent/folder')
    expect(problems).toEqual(['No Docker engine answers.', 'No Docker engine answers.'])
  })
})
