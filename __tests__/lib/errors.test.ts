import { describe, expect, test } from '@jest/globals'
import { asFailure, describeFailure, Failure } from '../../src/lib/errors.js'

describe('a failure', () => {
  test('has the problem, its owner and its fix, and the evidence last', () => {
    const failure = new Failure('application', 'The JVM refused.', {
      fix: 'Close it.',
      evidence: 'line 1\nline 2\n'
    })
    expect(describeFailure(failure)).toBe(
      'The JVM refused.\nFix: Close it.\nOwner: application developers (category: application)\n\nline 1\nline 2'
    )
  })

  test('anything else that was thrown is a defect of ours, with its cause kept', () => {
    const error = new TypeError('x is not a function')
    const failure = asFailure(error)
    expect(failure.category).toBe('internal')
    expect(failure.message).toContain('x is not a function')
    expect(failure.cause).toBe(error)
  })

  test('sentences are one line without control characters, whatever they quote; evidence keeps its lines', () => {
    const words = 'progress 1%\rprogress 2%\u001b[31m red \0\u202enot'
    const failure = new Failure('runner', `It said ${words}\n::error::x`, { fix: words, evidence: words })
    expect(failure.message).toBe('It said progress 1% progress 2% red not ::error::x')
    expect(failure.fix).toBe('progress 1% progress 2% red not')
    // Nothing of it is lost where it is not shown.
    expect(failure.evidence).toBe(words)
    expect(describeFailure(failure)).toMatch(/\n\nprogress 1%\nprogress 2% red not$/)
  })

  test('a message is never longer than an annotation may be, and says what is left out', () => {
    const evidence = `first line\n${'é👩\n'.repeat(100_000)}last line`
    const text = describeFailure(new Failure('runner', 'x'.repeat(1e6), { fix: 'y'.repeat(1e6), evidence }))
    expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024)
    expect(text).toMatch(/first line\né/)
    expect(text).toMatch(/\n\[\d+ bytes are left out here; the logs have them\]\n/)
    expect(text.endsWith('last line')).toBe(true)
    expect(text).not.toContain('\ufffd')
  })
})
