import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { chooseAsset, type Release } from '../../src/jdk/crac-releases.js'
import { parseVersionRequest } from '../../src/jdk/version.js'
import { ROOT } from '../support/inputs.js'

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(ROOT, '__tests__/fixtures', name), 'utf8')) as T
}

describe('chooseAsset', () => {
  const releases = fixture<Release[]>('github-releases-list.json')
  const choose = (request: string, from = releases) => chooseAsset(from, parseVersionRequest(request), 'x64')

  test.each([
    ['latest', 'openjdk-24-crac+20_linux-x64.tar.gz'],
    ['17', 'openjdk-17-crac+5_linux-x64.tar.gz'],
    ['17-crac+3', 'openjdk-17-crac+3_linux-x64.tar.gz'],
    // The naming of the first releases.
    ['17-crac+2', 'jdk17-crac+2.tar.gz']
  ])('%s is %s', (request, name) => {
    expect(choose(request).name).toBe(name)
  })

  test('does not depend on the order of the answer', () => {
    expect(choose('latest', [...releases].reverse()).name).toBe('openjdk-24-crac+20_linux-x64.tar.gz')
  })

  test('takes the digest that GitHub gives, and none where it gives none', () => {
    const release = fixture<Release>('github-release-with-digest.json')
    expect(choose('latest', [release]).sha256).toBe(
      'a23311241b41288054c04580898fc1666a730683b71946d4569025f7a9bc5935'
    )
    expect(choose('latest').sha256).toBeUndefined()
  })

  test('an upload that did not end is not offered', () => {
    const release = fixture<Release>('github-release-with-digest.json')
    const request = parseVersionRequest('latest')
    expect(() => chooseAsset([release], request, 'aarch64')).toThrow(
      'No CRaC JDK latest for Linux on aarch64'
    )
  })

  test('drafts and archives of another release do not count', () => {
    const [first] = releases
    if (!first) throw new Error('the fixture is empty')
    expect(() => choose('latest', [{ ...first, draft: true }])).toThrow('No CRaC JDK')
    expect(() => choose('latest', [{ ...first, tag_name: '25-crac+1' }])).toThrow('No CRaC JDK')
  })

  test('a version that does not exist is answered with those that do', () => {
    expect(() => choose('21')).toThrow(
      expect.objectContaining({
        kind: 'jdk',
        cure: 'Set `java-version` to one of: 24-crac+20, 17-crac+5, 17-crac+3, 17-crac+2.'
      })
    )
  })
})
