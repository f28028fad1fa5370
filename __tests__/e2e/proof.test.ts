import { describe, expect } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseFiguresAnnotation, type PublishedFigures } from '../../src/proof/figures-annotation.js'
import { httpGet } from '../../lab/http.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import type { Spread } from '../../src/proof/figures.js'
import type { StepResult } from '../../lab/runner.js'
import {
  annotations,
  docker,
  dockerBehind,
  e2eSuite,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  registryDigest,
  runAction,
  withStarted,
  world
} from './support/lab.js'
import { savedImage } from './support/saved-image.js'

interface Metadata {
  proof: {
    restoreTime: number
    coldStart: number
    speedup: number
    answer: Record<'restore' | 'coldStart', { minimum: number; median: number; maximum: number }>
    requests: { count: number; restore: object; coldStart: object }
    restores: { answer: number; criu: number | null }[]
    coldStarts: { answer: number; criu: number | null }[]
    archiveStart: number
    archiveStarts: { answer: number }[]
  }
  image: { archive: { kind: string; size: number; jdk: string } | null }
  last: { tag: string; digest: string; figures: object } | null
}

// What is said of an image's speed is measured, and is the same wherever it is said.
describe('the proof of micronaut-hello', () => {
  const tag = freshTag('proof')
  let step: StepResult
  let metadata: Metadata
  /** `NAME IMAGE` of the containers that the run made, in their order. */
  let containers: string[]

  labBeforeAll(async () => {
    const since = engineTime()
    step = await runAction({
      tags: tag,
      push: 'true',
      warmup: 'GET / x200',
      'verify-runs': '3',
      'max-restore-time': '5m',
      'min-speedup': '0.1',
      'max-snapshot-size': '2GB',
      archive: 'auto',
      // The user's own word on it is for other containers than those of the proof.
      env: 'CRAC_RESTORE=false'
    })
    if (step.exitCode !== 0) throw new Error(step.log)
    metadata = JSON.parse(step.outputs['metadata'] ?? '') as Metadata
    const filters = ['--filter', 'type=container', '--filter', 'event=create']
    const format = '{{.Actor.Attributes.name}} {{.Actor.Attributes.image}}'
    containers = docker('events', '--since', since, '--until', engineTime(), ...filters, '--format', format)
      .split('\n')
      .filter((line) => line.startsWith('crac-checkpoint-'))
  })
  labAfterAll(() => void docker('image', 'rm', '--force', tag))

  const engineTime = (): string => docker('info', '--format', '{{.SystemTime}}')
  interface Manifest {
    config: { digest: string }
    annotations: Record<string, string>
  }
  async function manifest(): Promise<Manifest> {
    const repository = tag.slice(tag.indexOf('/') + 1, tag.lastIndexOf(':'))
    const path = `http://${world.registry}/v2/${repository}/manifests/${step.outputs['digest']}`
    const response = await httpGet(new URL(path), { accept: 'application/vnd.oci.image.manifest.v1+json' })
    return JSON.parse(response?.body ?? '') as Manifest
  }
  async function publishedFigures(): Promise<PublishedFigures> {
    const text = (await manifest()).annotations['io.github.crac-checkpoint.figures'] ?? ''
    const figures = parseFiguresAnnotation(text)
    if (!figures) throw new Error(`no figures: ${text}`)
    return figures
  }

  labTest('every restore is timed, with the part of CRIU; a restore is faster than a cold start', () => {
    const { proof } = metadata
    expect(proof.answer.restore.minimum).toBeLessThan(proof.answer.coldStart.minimum)
    for (const { answer, criu } of proof.restores) {
      expect(criu).toBeGreaterThan(0)
      expect(criu).toBeLessThan(answer)
    }
    for (const { criu } of proof.coldStarts) expect(criu).toBeNull()
  })

  labTest('restores, cold starts and starts with the archive alternate, each in a fresh container', () => {
    const ways = containers.flatMap((line) => /-(restore|cold|archive|training) /.exec(line)?.[1] ?? [])
    const run = ['restore', 'cold', 'archive']
    // The archive is tried before it gets into the image with the snapshot.
    expect(ways).toEqual(['training', 'archive', ...run, ...run, ...run])
    expect(step.log.match(/^Run \d of 3: restored in \d+ ms .*, cold start in \d+ ms/gm)).toHaveLength(3)
  })

  labTest('the image that is pushed is the one that was restored', async () => {
    const restores = containers.filter((line) => line.includes('-restore '))
    expect(restores.filter((line) => !line.endsWith(`-restore ${step.outputs['imageid']}`))).toEqual([])
    expect(await registryDigest(tag)).toBe(step.outputs['digest'])
    const { configuration } = savedImage(world.environment, step.outputs['imageid'] ?? '')
    expect((await manifest()).config.digest).toBe(configuration)
  })

  labTest('outputs, metadata, annotation and summary agree', async () => {
    const { outputs, summary } = step
    const { proof } = metadata
    const { answer, requests } = proof
    expect(outputs).toMatchObject({
      'restore-time': String(answer.restore.median),
      'cold-start': String(answer.coldStart.median),
      'archive-start': String(proof.archiveStart),
      speedup: proof.speedup.toFixed(1)
    })
    const archiveStart = spread(proof.archiveStarts)
    expect(archiveStart.median).toBe(proof.archiveStart)
    expect(proof).toMatchObject({ restoreTime: answer.restore.median, coldStart: answer.coldStart.median })
    expect(answer.restore).toEqual(spread(proof.restores))
    expect(answer.coldStart).toEqual(spread(proof.coldStarts))
    expect(proof.speedup).toBeCloseTo(proof.coldStart / proof.restoreTime, 1)
    expect(await publishedFigures()).toEqual({
      runs: 3,
      restore: answer.restore,
      coldStart: answer.coldStart,
      speedup: proof.speedup,
      requests,
      snapshotSize: Number(outputs['snapshot-size']),
      archive: { start: archiveStart, size: Number(outputs['archive-size']) }
    })
    const shown = ({ minimum, median, maximum }: Spread, mark = ''): string =>
      `${mark}${time(median)}${mark} (${time(minimum)} to ${time(maximum)})`
    expect(summary).toContain(shown(answer.restore, '**'))
    expect(summary).toContain(shown(answer.coldStart))
    expect(summary).toContain(`| Cold start with archive | ${shown(archiveStart)} |`)
    expect(summary).toContain(`${outputs['speedup']} times`)
    expect(summary).toContain(`First ${requests.count} requests`)
  })
  const time = (ms: number): string => (ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`)
  function spread(starts: { answer: number }[]): Spread {
    const [minimum = 0, median = 0, maximum = 0] = starts
      .map(({ answer }) => answer)
      .sort((one, other) => one - other)
    return { minimum, median, maximum }
  }

  labTest(
    'the image has its archive of classes, which a normal start uses, and drops if it was cut off or a jar has changed',
    async () => {
      const { archive } = metadata.image
      expect(archive).toMatchObject({ jdk: step.outputs['jdk-asset'] })
      expect(step.log).toContain(`Archive of classes (${archive?.kind}): `)
      const label = '{{index .Config.Labels "io.github.crac-checkpoint.archive"}}'
      expect(docker('image', 'inspect', '--format', label, tag)).toBe(archive?.kind)
      const file = `/opt/crac-checkpoint/archive/classes.${archive?.kind}`
      const entry = '/opt/crac-checkpoint/entrypoint.sh'
      const start = `touch -d 2001-01-01 /app/application.jar && ${entry}`
      const changed = ['--user', '0', '--entrypoint', 'sh']
      const normally = { CRAC_RESTORE: 'false' }
      expect(docker('run', '--rm', '--entrypoint', 'stat', tag, '-c', '%s', file)).toBe(String(archive?.size))
      await withStarted(
        { image: tag, flags: changed, arguments: ['-c', start], variables: normally },
        async (started) => {
          expect(await callUntilAnswer(started)).toContain('Hello')
        }
      )
      const cut = `truncate -s -1000000 ${file} && ${entry}`
      const cutOff = { image: tag, flags: changed, arguments: ['-c', cut], variables: normally }
      await withStarted(cutOff, async (started) => {
        expect(await callUntilAnswer(started)).toContain('Hello')
        // It is not even given to the JVM, which might crash with it.
        const command = ['sh', '-c', 'cat /proc/[0-9]*/cmdline']
        expect(docker('exec', started.name, ...command)).not.toContain('SharedArchiveFile')
      })
      const strict = ['--env', 'CRAC_RESTORE=false', '--env', 'JAVA_OPTS=-Xshare:on']
      const ended = docker(
        'run',
        '--rm',
        ...strict,
        ...changed,
        tag,
        '-c',
        `${start} 2>&1; echo "ended with $?"`
      )
      expect(ended).toMatch(/Unable to use shared archive[^]*ended with 1$/)
    }
  )

  labTest('the next run, which pushes nothing, shows the change against it', async () => {
    const before = await publishedFigures()
    const digest = step.outputs['digest']
    const second = await runAction({ tags: tag, 'java-options': '-Dgiven=other', 'verify-runs': '1' })
    const { last, proof } = JSON.parse(second.outputs['metadata'] ?? '') as Metadata
    expect(last).toEqual({ tag, digest, figures: before })
    expect(second.summary).toMatch(
      new RegExp(
        `\\*\\*${proof.restoreTime} ms\\*\\*[^|]* \\| ${before.restore.median} ms \\| [+-]?\\d+ % \\|`
      )
    )
    expect(step.summary).not.toContain('before')
    expect(await registryDigest(tag)).toBe(digest)
  })
})

e2eSuite('the proof', ['Server'], ({ folder, job }) => {
  const unknownField = readFileSync(path.join(import.meta.dirname, 'support/add-unknown-field.sh'), 'utf8')
  labTest('with `verify: false` is one restore, also of memory that the action cannot map', async () => {
    const tag = freshTag('unmeasured')
    const lines = [
      'case "$*" in "cp "*:/opt/crac-checkpoint/evidence/.*)',
      `$real exec "\${2%%:*}" sh -c '${unknownField}' ;;`,
      'esac'
    ]
    const step = await job({ tags: tag, push: 'true' }, { environment: dockerBehind(folder, lines) })
    const reason = 'its images have fields that are not known here'
    expect(step.log).toContain(`A restore loads the Java heap and the classes: ${reason}.`)
    expect(step.summary).toContain(`nothing: ${reason}`)
    expect(step.outputs).toMatchObject({ 'restore-time': '', 'cold-start': '', speedup: '' })
    expect(step.log).toContain('Restored, and responded after')
    expect(step.summary).toContain('not timed')
    expect(await registryDigest(tag)).toBe(step.outputs['digest'])
    docker('image', 'rm', '--force', tag)
  })

  // What a docker command of the run does besides.
  labTest.each([
    // The archive is cut off when it has been copied to the runner.
    ['is cut off', '"cp "*classes.cds', '$real "$@" && truncate -s -100000 "$3"; exit'],
    // The image in which the archive is tried has another jar.
    [
      'was made with another jar',
      '"build --target cold "*',
      'touch "${0%/*}"/added; jar --update --file "$last"/trees/classes/app/*.jar -C "${0%/*}" added'
    ]
  ])('an archive that %s is a warning, and the image has none', async (_, command, damage) => {
    const tag = freshTag('damaged')
    const lines = ['for last; do :; done', `case "$*" in ${command}) ${damage} ;; esac`]
    const environment = dockerBehind(folder, lines)
    const step = await job({ tags: tag, archive: 'cds' }, { environment })
    expect(annotations(step, 'warning')).toEqual([
      expect.stringMatching(/^The image has no archive of classes, .* The JVM does not accept the archive/)
    ])
    expect(step.outputs['archive-size']).toBe('')
    const label = '{{index .Config.Labels "io.github.crac-checkpoint.archive"}}'
    expect(docker('image', 'inspect', '--format', label, tag)).toBe('none')
    await withStarted({ image: tag, variables: { CRAC_RESTORE: 'false' } }, async (started) => {
      expect(await callUntilAnswer(started)).toContain('|')
    })
    docker('image', 'rm', '--force', tag)
  })

  labTest(
    'an engine that loads no single layer builds an image with the same files, with the classic builder as well',
    async () => {
      const [loaded, built] = [freshTag('loaded'), freshTag('built')]
      const refuses = ['[ "$1" != load ] || { echo "not today" >&2; exit 1; }']
      const nameless = (): string =>
        docker(
          ...['image', 'ls', '--quiet', '--filter', 'dangling=true'],
          ...['--filter', 'label=io.github.crac-checkpoint.snapshot']
        )
      const before = nameless()
      const usual = await job({ tags: loaded })
      expect(usual.log).not.toContain('so the image is built')
      const fallenBack = await job(
        { tags: built, 'verify-runs': '1' },
        { environment: { ...dockerBehind(folder, refuses), DOCKER_BUILDKIT: '0' } }
      )
      expect(fallenBack.log).toMatch(
        /Docker did not load the snapshot as a layer, so the image is built: .*docker load/
      )
      expect(filesOf(built)).toEqual(filesOf(loaded))
      expect(configOf(built)).toEqual(configOf(loaded))
      docker('image', 'rm', '--force', loaded, built)
      // In containerd's image store an image does not take its intermediate images with it.
      if (docker('info', '--format', '{{.Driver}}') === 'overlay2') expect(nameless()).toBe(before)
    }
  )
})

/** Type, mode and owners of the files that an image has from the checkpoint; numbers of processes and sockets are left out. */
function filesOf(image: string): string[] {
  const folders = ['/tmp', '/home', '/opt/crac-checkpoint']
  const script = `find ${folders.join(' ')} -printf '%y %m %U %G %p %l\\n'`
  const lines = docker('run', '--rm', '--user', '0', '--entrypoint', 'sh', image, '-c', script).split('\n')
  return [...new Set(lines.map((line) => line.replace(/(\/.*?)\d+/g, '$1N')))].sort()
}

function configOf(image: string): object {
  const config = JSON.parse(docker('image', 'inspect', '--format', '{{json .Config}}', image)) as {
    Labels: Record<string, string>
  }
  const { Labels, ...rest } = config
  const sameInBoth = Object.entries(Labels).filter(([name]) => !/created|fingerprint|version$/.test(name))
  return { ...rest, Labels: Object.fromEntries(sameInBoth) }
}
