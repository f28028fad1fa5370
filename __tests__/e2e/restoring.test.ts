import { expect } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { callUntilAnswer, DECLARED_FLAGS } from '../../lab/started-image.js'
import {
  containerLog,
  docker,
  e2eSuite,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  untilLogged,
  withStarted
} from './support/lab.js'

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
      // A restore must not give the last one to the JVM, which refuses it.
      env: 'KEPT=at the checkpoint\nCHANGED=at the checkpoint\nat-checkpoint=kept\nJDK_JAVA_OPTIONS=-XX:MaxRAMPercentage=60',
      'cpu-features': 'native',
      'java-options': '-Dgiven=checkpoint -Xmx192m\n-XX:MaxHeapFreeRatio=65'
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
        TZ: 'Asia/Ho_Chi_Minh',
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
    for (const { values } of restored)
      expect(values).toMatchObject({ encodingOfFileNames: 'UTF-8', nameThatIsNotAscii: 'found' })
  })

  labTest('the time zone is that of the checkpoint until afterRestore sets it again; then it is TZ', () => {
    for (const { values } of restored) {
      expect(values['zoneAtRestore']).not.toBe('Asia/Ho_Chi_Minh')
      expect(values['zone']).toBe('Asia/Ho_Chi_Minh')
    }
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

  const READ_ONLY = [...DECLARED_FLAGS, '--read-only']
  const OR_EXIT = ['--env', 'CRAC_ON_RESTORE_FAILURE=exit']
  const starting = 'the snapshot could not be restored here; starting the application normally. Cause: '

  labTest(
    'a volume on /tmp hides neither the files nor the library that the snapshot has there',
    async () => {
      await withStarted(
        { image, flags: [...READ_ONLY, '--tmpfs', '/tmp:exec', ...OR_EXIT] },
        async (started) => {
          expect(await callUntilAnswer(started, 'upload')).toBe('stored')
          expect(JSON.parse(await callUntilAnswer(started))).toMatchObject({ library: 'loaded' })
          expect(containerLog(started.name)).not.toContain('crac-checkpoint:')
        }
      )
    }
  )

  labTest('a volume on /tmp that is mounted with noexec is named, and the start is normal', async () => {
    await withStarted({ image, flags: [...READ_ONLY, '--tmpfs', '/tmp'] }, async (started) => {
      const values = JSON.parse(await callUntilAnswer(started)) as Record<string, string>
      expect(values['library']).toBe('refused')
      const line = `${starting}/tmp is mounted with noexec, and the snapshot needs the code in /tmp/library`
      await untilLogged(started.name, line)
    })
  })

  labTest('on a CPU that lacks a feature of a `native` snapshot it starts normally', async () => {
    const lacking =
      'echo "$(cat /opt/crac-checkpoint/snapshot/cpu-flags)avx99 " >/tmp/flags; cat /tmp/flags >/opt/crac-checkpoint/snapshot/cpu-flags; exec /opt/crac-checkpoint/entrypoint.sh'
    // The shell of the image, which passes on variables of any name.
    const flags = ['--user', '0', '--entrypoint', '/opt/crac-checkpoint/sh']
    const variables = { 'dotted.name': 'normal' }
    await withStarted({ image, flags, variables, arguments: ['-c', lacking] }, async (started) => {
      expect(JSON.parse(await callUntilAnswer(started))).toMatchObject({ 'dotted.name': 'normal' })
      const line = `${starting}this CPU lacks avx99, which`
      await untilLogged(started.name, line)
    })
  })

  labTest('containers that share /dev/shm do not disturb each other, whatever lies in it', async () => {
    // What a former version, or another user, may have left there.
    const stale = 'umask 077; touch /dev/shm/crac-restored /dev/shm/.crac-restored-1; exec sleep 600'
    const owner = { flags: ['--user', '0', '--ipc', 'shareable', '--entrypoint', 'sh'] }
    await withStarted({ image, ...owner, arguments: ['-c', stale] }, async ({ name }) => {
      const shared = ['--ipc', `container:${name}`]
      // Without a writable folder but /dev/shm, the mark of the restore is there.
      const flags = [...READ_ONLY, ...shared, ...OR_EXIT]
      await withStarted({ image, flags }, async (one) => {
        await callUntilAnswer(one)
        await withStarted({ image, flags }, async (other) => {
          await callUntilAnswer(other)
          const refused = ['--cap-drop', 'ALL', ...shared]
          await withStarted({ image, flags: refused }, async (third) => {
            await callUntilAnswer(third)
            const line = `${starting}the container lacks the capability`
            await untilLogged(third.name, line)
          })
        })
        const programs = ['exec', one.name, 'sh', '-c', 'cat /proc/[0-9]*/cmdline']
        // The watchdog of the restore, which could end the application, is gone.
        while (docker(...programs).includes('sleep')) await sleep(100)
        await callUntilAnswer(one)
      })
    })
  })

  labTest('with an init of Docker it is restored, and its exit code comes back', async () => {
    const flags = [...DECLARED_FLAGS, '--init', ...OR_EXIT]
    await withStarted({ image, flags }, async (started) => {
      await callUntilAnswer(started)
      docker('stop', started.name)
      expect(docker('inspect', '--format', '{{.State.ExitCode}}', started.name)).toBe('143')
    })
  })

  labTest('a process id that is in use is named, and the start is normal', async () => {
    await withStarted({ image }, async (one) => {
      await callUntilAnswer(one)
      const flags = [...DECLARED_FLAGS, '--pid', `container:${one.name}`]
      await withStarted({ image, flags }, async (other) => {
        await callUntilAnswer(other)
        const line = new RegExp(`${starting}the process id \\d+, which the snapshot needs, is in use: `)
        await untilLogged(other.name, line)
      })
    })
  })

  labTest('the metadata has the names of the environment, and no value', () => {
    const { snapshot } = JSON.parse(metadata) as Metadata
    expect(snapshot.content.environment).toEqual(
      expect.arrayContaining(['KEPT', 'CHANGED', 'HOSTNAME', 'PATH'])
    )
    expect(metadata).not.toContain('at the checkpoint')
  })

  labTest('a label has the size to which the heap may grow', () => {
    const label = '{{index .Config.Labels "io.github.crac-checkpoint.max-heap"}}'
    expect(docker('image', 'inspect', '--format', label, image)).toBe(String(192 * 1024 * 1024))
  })
})
