import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { INPUT_NAMES, type InputName } from '../../src/inputs/inputs.js'
import { readInputs } from '../../src/inputs/read-inputs.js'
import { inputsWith } from '../support/inputs.js'
import { holds, hostileText, mustBeClear } from '../support/hostile.js'

/** Wraps a text, so that it passes the first checks of its input. */
const FORMS: Partial<Record<InputName, (text: string) => string>> = {
  'build-args': (text) => `NAME=${text}`,
  labels: (text) => `name=${text}`,
  tags: (text) => `localhost:5000/${text}`,
  'java-options': (text) => `-D${text}`,
  env: (text) => `NAME=${text}`,
  'java-version': (text) => `21${text}`,
  port: (text) => `8${text}`,
  'ready-url': (text) => `/${text} -> 200\nX-Y: ${text}`,
  'startup-timeout': (text) => `1s${text}`,
  warmup: (text) => `GET /x '${text}' x2\nX-Y: ${text}`,
  'add-hosts': (text) => `${text}:10.0.0.1`,
  network: (text) => `n${text}`,
  'base-image': (text) => `debian${text}`,
  'github-api-url': (text) => `https://${text}`,
  user: (text) => `1${text}:1`,
  'cpu-features': (text) => `0x${text},0x1`
}

const input = fc
  .tuple(fc.constantFrom(...INPUT_NAMES), hostileText, fc.boolean())
  .map(([name, text, formed]) => ({ name, text: formed ? (FORMS[name] ?? String)(text) : text }))

describe('hostile inputs', () => {
  test('10,000 hostile inputs are each accepted, or refused in one clear message of category input', async () => {
    const seen = { accepted: 0, refused: 0 }
    await holds(
      10_000,
      fc.property(input, ({ name, text }) => {
        try {
          inputsWith({ [name]: text })
          seen.accepted++
        } catch (error) {
          mustBeClear(error, 'input')
          seen.refused++
        }
      })
    )
    // Without many of both, the test would prove nothing.
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(1000)
  })

  test('all inputs hostile at once give one message', async () => {
    const all = fc.record(Object.fromEntries(INPUT_NAMES.map((name) => [name, hostileText])))
    await holds(
      300,
      fc.property(all, (given) => {
        expect(() => readInputs((name) => given[name] ?? '')).toThrow()
        try {
          readInputs((name) => given[name] ?? '')
        } catch (error) {
          mustBeClear(error, 'input')
        }
      })
    )
  })

  test('a message about a refused token does not show it', () => {
    expect(() => inputsWith({ 'github-token': 'ghs_secret value' })).toThrow(/not a token/)
    expect(() => inputsWith({ 'github-token': 'ghs_secret value' })).not.toThrow(/secret value/)
  })
})
