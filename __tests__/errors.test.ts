import { describe, expect, test } from '@jest/globals'
import { asFailure, describeFailure, Failure } from '../src/errors.js'

describe('a failure', () => {
  test('says what happened, who can mend it and how, and shows the evidence last', () => {
    const failure = new Failure('application', 'The JVM refused.', {
      cure: 'Close it.',
      evidence: 'line 1\nline 2\n'
    })
    expect(describeFailure(failure)).toBe(
      'The JVM refused.\nWho can mend it: the developers of the application (class: application).\n' +
        'How: Close it.\n\nline 1\nline 2'
    )
  })

  test('anything else that was thrown is a defect of ours, with its cause kept', () => {
    const error = new TypeError('x is not a function')
    const failure = asFailure(error)
    expect(failure.kind).toBe('internal')
    expect(failure.message).toContain('x is not a function')
    expect(failure.cause).toBe(error)
  })
})
