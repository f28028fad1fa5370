import { describe, expect, test } from '@jest/globals'
import { fullDisk, requireRoom } from '../../src/lib/disk.js'
import { Failure } from '../../src/lib/errors.js'
import { lookAtRoom, roomFor, toldOfRoom } from '../../src/runner/disk-space.js'

describe("room on the engine's disk", () => {
  const room = (free: number | undefined) => roomFor(free, 200e6, 50e6)

  test.each([undefined, 50e9])('%j bytes: nothing to say', (free) => {
    expect(lookAtRoom(room(free), 200e6)).toBeUndefined()
  })

  test('that may not be enough is warned of, with what is needed and what is free', () => {
    expect(lookAtRoom(room(900e6), 200e6)).toMatch(
      /^There may be too little room: 900\.0 MB are free .* about 1084\.0 MB/
    )
  })

  test('that cannot be enough is refused', () => {
    expect(() => lookAtRoom(room(100e6), 200e6)).toThrow(/^There is no room: 100\.0 MB are free/)
  })

  test('that was not enough is told with the numbers, and nothing else is', () => {
    const full = new Failure('runner', "The engine's disk is full (docker commit).", {
      fix: '',
      signature: { id: 'docker-nospace', remedy: 'disk' }
    })
    expect((toldOfRoom(full, room(900e6)) as Failure).message).toContain('900.0 MB were free')
    const other = new Failure('jdk', 'x', { fix: '' })
    expect(toldOfRoom(other, room(900e6))).toBe(other)
  })
})

describe('a disk of the runner', () => {
  test('without room for a file is told before it is fetched', async () => {
    await requireRoom('/tmp', 1, 'it')
    await expect(requireRoom('/proc', 54e6, 'jdk.tar.gz')).rejects.toThrow(
      'There is no room for jdk.tar.gz: 54.0 MB are needed in /proc, and 0.0 MB are free.'
    )
  })

  test('that is full is told as such', async () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    expect(await fullDisk(error, '/proc')).toMatchObject({
      category: 'runner',
      message:
        'The disk of the runner is full (ENOSPC: no space left on device, write): 0.0 MB are free in /proc.'
    })
    expect(await fullDisk(new Error('other'), '/proc')).toBeUndefined()
  })
})
