import { describe, expect, test } from '@jest/globals'
import { compareVersions, formatRequest, parseTag, parseVersionRequest } from '../../src/jdk/version.js'

describe('versions of CRaC/openjdk-builds', () => {
  test('order by major, then by build, as numbers', () => {
    const tags = ['17-crac+5', '24-crac+20', '17-crac+10', '24-crac+3'].map(
      (tag) => parseTag(tag) ?? { major: 0, build: 0 }
    )
    expect(tags.sort(compareVersions)).toEqual([
      { major: 17, build: 5 },
      { major: 17, build: 10 },
      { major: 24, build: 3 },
      { major: 24, build: 20 }
    ])
  })

  test.each(['latest', '21', '17-crac+5'])('a request for %s is read back as it was written', (text) => {
    expect(formatRequest(parseVersionRequest(text))).toBe(text)
  })

  test.each(['', '17-crac', 'v17-crac+5', '17-crac+5 ', '21.0.12', '17-crac+5\n'])('%j is no tag', (text) => {
    expect(parseTag(text)).toBeUndefined()
  })
})
