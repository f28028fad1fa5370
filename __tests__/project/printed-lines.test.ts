import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')
const [, section = ''] = read('docs/running.md').split(/^## (?:Lines that the container prints|Platforms)$/m)

/** Causes that the entry script can print, each up to the end of its first part, as a pattern for its variables. */
const CAUSES = [...read('docker/image/entrypoint.sh').matchAll(/\bcause=(["'])(?!\$cause)(.+?)\1/g)].map(
  ([, , text = '']) => {
    const [first = ''] = text.split(/[.;:] /)
    return first
      .split(/\$\(\(.+?\)\)|\$\{[^}]*\}|\$\w+/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\S+')
  }
)

describe('docs/running.md has the cause of a normal start', () => {
  test.each(CAUSES)('%s', (cause) => {
    expect(section).toMatch(new RegExp(cause))
  })

  test('of each kind', () => {
    expect(CAUSES.length).toBeGreaterThan(12)
  })
})
