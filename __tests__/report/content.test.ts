import { describe, expect, test } from '@jest/globals'
import { contentMetadata, renderContent } from '../../src/report/content.js'
import { aResult } from '../support/result.js'

describe('what is in the snapshot', () => {
  const { snapshot, reading } = aResult()
  const content = reading?.content
  if (!content) throw new Error('the result has no reading')

  test('is a folded table', () => {
    const lines = renderContent(content, snapshot.statistics).join('\n').split('\n')
    expect(lines[0]).toBe('<details><summary>Content of the snapshot</summary>')
    expect(lines).toEqual(
      expect.arrayContaining([
        '| Memory: Java heap | `28.4 MB` |',
        '| Largest Java heap | `1073.7 MB; with a lower memory limit a container starts normally. It follows from the memory of this runner: set -Xmx in java-options` |',
        '| Mapped from the image at a restore | `27.0 MB` |',
        '| Memory: environment and arguments | `525 bytes` |',
        '| Threads (3) | `GC Thread (2), VM Thread` |',
        '| Sockets | `0` |',
        '| Names in the environment | `HOME, PATH` |',
        '| Frozen for | `105 ms` |',
        '| Pages written | `28366 of 28635, of 4 KiB` |'
      ])
    )
  })

  test('is left out where nothing is known, and says what is not known', () => {
    expect(renderContent(undefined, undefined)).toEqual([])
    const memory = content.memory && { ...content.memory, javaHeap: undefined }
    const lines = renderContent({ ...content, memory }, undefined).join('\n')
    expect(lines).toContain('| Memory: Java heap | `not known` |')
    expect(contentMetadata(undefined)).toBeNull()
  })

  test('stays short, and shows names from the container as they are', () => {
    const threads = Array.from({ length: 500 }, (_, index) => ({ name: `a|b${index}x`, count: 1 }))
    const files = threads.map(({ name }) => `/tmp/${name}`)
    const many = { ...content, threads, open: { ...content.open, files } }
    const text = renderContent(many, undefined).join('\n')
    expect(text).toContain('`a\\|b0x, a')
    expect(text).toContain('| Threads (500) |')
    expect(text).toContain(' and 470 more` |')
    expect(contentMetadata(many)).toMatchObject({ threads: { count: 500 } })
    expect(JSON.stringify(contentMetadata(many)).length).toBeLessThan(10_000)
  })
})
