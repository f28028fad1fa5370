import { describe, expect, test } from '@jest/globals'
import { fullDisk, requireDiskSpace } from '../../src/lib/disk.js'
import { Failure } from '../../src/lib/errors.js'
import { diskSpaceWarning, diskSpaceFor, withDiskSpace } from '../../src/runner/disk-space.js'

describe('disk space of Docker', () => {
  const space = (free: number | undefined) => diskSpaceFor(free, 200e6, 50e6)

  test.each([undefined, 50e9])('%j bytes: no warning', (free) => {
    expect(diskSpaceWarning(space(free), 200e6)).toBeUndefined()
  })

  test('warns with both figures if it may not be enough', () => {
    expect(diskSpaceWarning(space(900e6), 200e6)).toMatch(
      /^There may not be enough disk space: 900\.0 MB are free .* about 1084\.0 MB/
    )
  })

  test('is refused if the JDK does not fit', () => {
    expect(() => diskSpaceWarning(space(100e6), 200e6)).toThrow(/^Not enough disk space: 100\.0 MB are free/)
  })

  test('is in the message of a full disk, and in no other message', () => {
    const full = new Failure('runner', "Not enough disk space: Docker's disk is full (docker commit).", {
      fix: '',
      signature: { id: 'docker-nospace', remedy: 'disk' }
    })
    expect((withDiskSpace(full, space(900e6)) as Failure).message).toContain('900.0 MB were free')
    const other = new Failure('jdk', 'x', { fix: '' })
    expect(withDiskSpace(other, space(900e6))).toBe(other)
  })
})

describe('the disk of the runner', () => {
  test('is checked before a file is downloaded', async () => {
    await requireDiskSpace('/tmp', 1, 'it')
    await expect(requireDiskSpace('/proc', 54e6, 'jdk.tar.gz')).rejects.toThrow(
      'Not enough disk space for jdk.tar.gz: 54.0 MB are needed in /proc, and 0.0 MB are free.'
    )
  })

  test('is in the message if it is full', async () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    expect(await fullDisk(error, '/proc')).toMatchObject({
      category: 'runner',
      message:
        'The disk of the runner is full (ENOSPC: no space left on device, write): 0.0 MB are free in /proc.'
    })
    expect(await fullDisk(new Error('other'), '/proc')).toBeUndefined()
  })
})
