import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/lib/errors.js'
import { masksOf, parseSecretValues } from '../../src/secrets/sources.js'

describe('parseSecretValues', () => {
  const pem =
    '-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0B\nAQEFAASCBKgwggSkAgEAAoIB\n-----END PRIVATE KEY-----'
  const json = '{\n  "type": "service_account",\n  "nested": {\n    "a": 1\n  }\n}'

  test('one a line, without white space around it, named after its line', () => {
    expect(parseSecretValues('first\r\n\n  se cond= \n')).toEqual([
      { name: 'secret-values line 1', value: 'first' },
      { name: 'secret-values line 3', value: 'se cond=' }
    ])
  })

  test('a PEM block and a JSON object are one value each', () => {
    expect(parseSecretValues(`a\n${pem}\n${json}\nb`)).toEqual([
      { name: 'secret-values line 1', value: 'a' },
      { name: 'secret-values line 2', value: pem },
      { name: 'secret-values line 6', value: json },
      { name: 'secret-values line 12', value: 'b' }
    ])
  })

  test('a brace that begins no object is a value like any other', () => {
    expect(parseSecretValues('{\nx').map(({ value }) => value)).toEqual(['{', 'x'])
  })

  test('a PEM block without its end is refused, and not shown', () => {
    let message = ''
    try {
      parseSecretValues('-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYS')
    } catch (error) {
      message = error instanceof Failure ? `${error.category} ${error.message} ${error.fix}` : ''
    }
    expect(message).toMatch(/^input .*line 1/)
    expect(message).not.toContain('MHcC')
  })

  test('what is masked: the value, and of several lines each that says something', () => {
    expect(masksOf({ name: 'a', value: 'x' })).toEqual(['x'])
    expect(masksOf({ name: 'a', value: json })).toEqual([json, '"type": "service_account",', '"nested": {'])
  })
})
