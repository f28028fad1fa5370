import { expect } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { callUntilAnswer, DECLARED_FLAGS } from '../../lab/started-image.js'
import { docker, e2eSuite, freshTag, labAfterAll, labBeforeAll, labTest, withStarted } from './support/lab.js'

interface Metadata {
  snapshot: { content: { environment: string[]; restore: { mapped: number; loaded: number } } }
}

// What docs/restoring.md says of two containers that were restored from one image.
e2eSuite('restoring', ['Identity', 'KeptHeap'], ({ job }) => {
  const image = freshTag('identity')
  const NAMES = ['one', 'other']
  let metadata: string
  const restored: { values: Record<string, string>; between: [number, number] }[] = []

  labBeforeAll(async () => {
    const step = await job({
      tags: image,
      env: 'KEPT=at the checkpoint\nCHANGED=at the checkpoint\nat-checkpoint=kept',
      'java-options': '-Dgiven=checkpoint\n-Xmx192m\n-XX:MaxHeapFreeRatio=65'
    })
    metadata = step.outputs['metadata'] ?? ''
    // A JVM keeps its own host name for five seconds (java.net.InetAddress), also across a restore.
    await sleep(5000)
    for (const hostName of NAMES) {
      const flags = [...DECLARED_FLAGS, '--hostname', hostName, '--env', 'CRAC_ON_RESTORE_FAILURE=exit']
      const variables = {
        CHANGED: hostName,
        ADDED: hostName,
        'dotted.name': hostName,
        JAVA_OPTS: `-Dgiven=${hostName}`
      }
      const begin = Date.now()
      await withStarted({ image, flags, variables }, async (started) => {
        const values = JSON.parse(await callUntilAnswer(started)) as Record<string, string>
        restored.push({ values, between: [begin, Date.now()] })
      })
    }
  })
  labAfterAll(() => void docker('image', 'rm', '--force', image))

  labTest('the clock, the host name and the environment are those of the new container', () => {
    for (const [index, { values, between }] of restored.entries()) {
      const name = NAMES[index]
      expect(values).toMatchObject({
        hostName: name,
        HOSTNAME: name,
        CHANGED: name,
        ADDED: name,
        'dotted.name': name,
        'at-checkpoint': 'kept',
        property: name
      })
      expect(Number(values['clock'])).toBeGreaterThanOrEqual(between[0])
      expect(Number(values['clock'])).toBeLessThanOrEqual(between[1])
    }
  })

  labTest('what was given at the checkpoint and not since, or was read at the start, is as it was', () => {
    for (const { values } of restored)
      expect(values).toMatchObject({ KEPT: 'at the checkpoint', readAtStart: 'at the checkpoint' })
  })

  labTest('files with names that are not ASCII can be found', () => {
    for (const { values } of restored) expect(values['encodingOfFileNames']).toBe('UTF-8')
  })

  labTest('the JVM has the flags again that were changed for a small heap', () => {
    for (const { values } of restored)
      expect(values).toMatchObject({ MinHeapFreeRatio: '40', MaxHeapFreeRatio: '65' })
  })

  labTest(
    'what was made before the checkpoint, and the random numbers that follow from it, are the same',
    () => {
      const [one, other] = restored
      for (const name of ['instance', 'random', 'splittable', 'threadLocal', 'math', 'seeded'])
        expect(one?.values[name]).toBe(other?.values[name])
    }
  )

  labTest('SecureRandom and UUID.randomUUID give each its own', () => {
    const [one, other] = restored
    for (const name of ['secure', 'uuid']) expect(one?.values[name]).not.toBe(other?.values[name])
  })

  labTest(
    'a mapped heap keeps its data through collections, a full heap, a pause and 1000 requests',
    async () => {
      const { mapped } = (JSON.parse(metadata) as Metadata).snapshot.content.restore
      // The data has 64 times half a megabyte on average, in arrays, and 10 MB of small objects.
      expect(mapped).toBeGreaterThan(40_000_000)
      await withStarted({ image }, async (started) => {
        await callUntilAnswer(started)
        const mappings = docker('exec', started.name, 'sh', '-c', 'cat /proc/[0-9]*/maps')
        expect(mappings).toMatch(/ rw-p .* \/opt\/crac-checkpoint\/snapshot\/pages-1\.img\n/)
        expect(await callUntilAnswer(started, 'heap?work')).toBe('as it was')
        for (let call = 0; call < 1000; call++) await callUntilAnswer(started)
        docker('pause', started.name)
        docker('unpause', started.name)
        expect(await callUntilAnswer(started, 'heap?work')).toBe('as it was')
        docker('stop', started.name)
      })
    }
  )

  labTest(
    'a write to a mapped heap is in its own container only, and the file in the image stays as it is',
    async () => {
      const pages = '/opt/crac-checkpoint/snapshot/pages-1.img'
      await withStarted({ image }, async (one) => {
        const before = docker('exec', one.name, 'sha256sum', pages)
        expect(await callUntilAnswer(one, 'heap?change')).toBe('changed')
        await withStarted({ image }, async (other) => {
          expect(await callUntilAnswer(other, 'heap?')).toBe('as it was')
          expect(docker('exec', other.name, 'sha256sum', pages)).toBe(before)
        })
        expect(docker('exec', one.name, 'sha256sum', pages)).toBe(before)
      })
    }
  )

  labTest('the metadata has the names of the environment, and no value', () => {
    const { snapshot } = JSON.parse(metadata) as Metadata
    expect(snapshot.content.environment).toEqual(
      expect.arrayContaining(['KEPT', 'CHANGED', 'HOSTNAME', 'PATH'])
    )
    expect(metadata).not.toContain('at the checkpoint')
  })
})
