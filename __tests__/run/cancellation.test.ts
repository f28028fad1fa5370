import { describe, expect, test } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { cancellationBy } from '../../src/run/cancellation.js'
import { Failure } from '../../src/lib/errors.js'

describe('a cancellation', () => {
  function signals() {
    const exits: number[] = []
    return Object.assign(new EventEmitter(), { exits, exit: (code: number) => exits.push(code) })
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143]
  ])('by %s has its class and exit code %d, whatever broke because of it', (name, code) => {
    const process = signals()
    const cancellation = cancellationBy(process)
    expect(cancellation.exitCode()).toBeUndefined()
    process.emit(name)
    expect(cancellation.exitCode()).toBe(code)
    const failure = cancellation.failureOf(new Error('socket hang up'))
    expect(failure).toMatchObject({ category: 'cancelled', message: `The run was cancelled (${name}).` })
    expect(cancellation.signal.reason).toBe(failure)
    // What has more to say about it says that.
    const told = failure.also('a:1 is as it was.')
    expect(cancellation.failureOf(told)).toBe(told)
  })

  test('by a second signal ends the process at once', () => {
    const process = signals()
    cancellationBy(process)
    process.emit('SIGINT')
    expect(process.exits).toEqual([])
    process.emit('SIGTERM')
    expect(process.exits).toEqual([143])
  })

  test('waits for work that puts things back, and for no other for long', async () => {
    const process = signals()
    // Time that passes at once.
    const cancellation = cancellationBy(process, { now: () => 0, sleep: () => Promise.resolve() })
    const stuck = cancellation.bounded(new Promise(() => undefined))
    process.emit('SIGINT')
    await expect(stuck).rejects.toThrow('was cancelled')

    const patient = signals()
    const other = cancellationBy(patient)
    const done = other.bounded(
      new Promise((_, reject) => {
        other.signal.addEventListener('abort', () => setTimeout(() => reject(new Error('put back')), 50))
      })
    )
    patient.emit('SIGINT')
    await expect(done).rejects.toThrow('put back')
  })

  test('that never comes changes nothing', async () => {
    const cancellation = cancellationBy(signals())
    expect(await cancellation.bounded(Promise.resolve(1))).toBe(1)
    const failure = new Failure('jdk', 'x', { fix: '' })
    expect(cancellation.failureOf(failure)).toBe(failure)
  })
})
