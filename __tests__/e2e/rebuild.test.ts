import { expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { StepOptions, StepResult } from '../../lab/runner.js'
import { httpGet } from '../../lab/http.js'
import {
  docker,
  e2eSuite,
  freshTag,
  labAfterAll,
  labBeforeAll,
  labTest,
  layersOf,
  world
} from './support/lab.js'

interface Manifest {
  layers: { digest: string; size: number }[]
}

// Scheduled rebuilds: nothing to do when nothing changed, and little to push when little did.
e2eSuite('a rebuild', ['Server'], ({ folder, context, job: run }) => {
  const tag = freshTag('rebuild')
  let first: StepResult
  let layers: Map<string, string>
  function addToJar(content: string): void {
    writeFileSync(path.join(context, 'added.txt'), content)
    execFileSync('jar', ['--update', '--file', path.join(context, 'app.jar'), '-C', context, 'added.txt'])
  }
  labBeforeAll(async () => {
    // A layer of equal files with other times, of another test, would be used here, and not after the next prune.
    docker('builder', 'prune', '--all', '--force')
    first = await job({ archive: 'cds' })
    layers = layersOf(tag)
  })
  labAfterAll(() => void docker('image', 'rm', '--force', tag))

  const job = async (
    inputs: Record<string, string> = {},
    options: Partial<StepOptions> = {}
  ): Promise<StepResult> =>
    await run({ tags: tag, push: 'true', 'skip-unchanged': 'true', ...inputs }, options)
  /** Returns the instructions of an image whose layers are others than in the first image. */
  function changesIn(image: string): string[] {
    const again = layersOf(image)
    expect([...again.keys()]).toEqual([...layers.keys()])
    return [...again.keys()].filter((one) => again.get(one) !== layers.get(one)).sort()
  }
  async function manifestOf(digest: string | undefined): Promise<Manifest> {
    const repository = tag.slice(tag.indexOf('/') + 1, tag.lastIndexOf(':'))
    const answer = await httpGet(new URL(`http://${world.registry}/v2/${repository}/manifests/${digest}`), {
      accept: 'application/vnd.oci.image.manifest.v1+json'
    })
    return JSON.parse(answer?.body ?? '{}') as Manifest
  }

  labTest('of the same parts does nothing, and gives the old digest', async () => {
    const again = await job({ archive: 'cds' })
    expect(first.outputs).toMatchObject({ skipped: 'false' })
    expect(again.outputs).toMatchObject({ skipped: 'true', digest: first.outputs['digest'], tags: tag })
    expect(again.summary).toContain('unchanged')
    expect(again.log).not.toContain('Build the checkpoint image')
  })

  labTest('of other options, or for a tag that has no image, is a full run', async () => {
    // As on a machine that has never built it.
    docker('builder', 'prune', '--all', '--force')
    const other = await job(
      {
        ...{ 'java-options': '-Dgiven=other', push: 'false', archive: 'cds' },
        ...{ tags: `${tag}\n${tag}-other`, 'reuse-layers': 'true' }
      },
      { toolCache: path.join(folder, 'tool-cache') }
    )
    expect(other.outputs['skipped']).toBe('false')
    expect(other.log).toContain(`comes from a layer of ${tag}@${first.outputs['digest']}`)
    expect(other.log).not.toContain('Downloading')
    expect(changesIn(`${tag}-other`)).toEqual([
      'COPY snapshot /',
      'COPY trees/archive/ /',
      'COPY trees/launch/ / # buildkit'
    ])
    docker('builder', 'prune', '--all', '--force')
    const more = await job({ tags: `${tag}\n${tag}-none`, push: 'false', archive: 'cds' })
    expect(more.outputs['skipped']).toBe('false')
    expect(changesIn(`${tag}-none`)).toEqual(['COPY snapshot /', 'COPY trees/archive/ /'])
    docker('image', 'rm', '--force', `${tag}-none`, `${tag}-other`)
  })

  labTest('after a change of the application pushes it and the snapshot, and nothing else', async () => {
    // Everything but the application was built again by the test above.
    addToJar('changed')
    const second = await job({ archive: 'off' })
    expect(second.outputs['skipped']).toBe('false')

    const before = await manifestOf(first.outputs['digest'])
    const after = await manifestOf(second.outputs['digest'])
    // The one before has an archive of classes.
    expect(after.layers).toHaveLength(before.layers.length - 1)
    const known = new Set(before.layers.map(({ digest }) => digest))
    const history = JSON.parse(
      docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', tag)
    ) as string[]
    expect(history).toHaveLength(after.layers.length)
    const changed = after.layers.flatMap(({ digest }, index) => (known.has(digest) ? [] : [index]))
    // Base image, JDK, base tree and dependencies come first; then the application; the snapshot comes last.
    const last = after.layers.length - 1
    expect(changed).toEqual([4, last])
    const sum = (indices: number[]): number =>
      indices.reduce((bytes, index) => bytes + (after.layers[index]?.size ?? 0), 0)
    const all = sum(after.layers.map((_, index) => index))
    console.log(`pushed ${sum(changed)} of ${all} bytes, in the layers ${changed.join(', ')}`)
  })
})
