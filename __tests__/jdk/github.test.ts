import { expect, test } from '@jest/globals'
import { sendableToken } from '../../src/jdk/github.js'

test.each([
  ['https://api.github.com', 'sent'],
  ['https://github.acme.com/api/v3', 'sent'],
  ['http://localhost:8080', 'sent'],
  ['http://127.0.0.1:8080', 'sent'],
  ['http://[::1]:8080', 'sent'],
  ['http://github.acme.com/api/v3', 'not sent'],
  ['http://127.0.0.1.acme.com', 'not sent'],
  ['http://localhost.acme.com', 'not sent']
])('the token for the GitHub API at %s is %s', (url, expected) => {
  const warnings: string[] = []
  const token = sendableToken({ githubApiUrl: new URL(url), githubToken: 'ghs_x' }, (line) =>
    warnings.push(line)
  )
  expect(token).toBe(expected === 'sent' ? 'ghs_x' : undefined)
  expect(warnings).toHaveLength(expected === 'sent' ? 0 : 1)
})
