import { expect, test } from '@jest/globals'
import { buildCommand } from '../../src/cli/build.js'

test.each([
  [['--contxt', '.'], "Unknown option '--contxt'."],
  [['--java-options', '-Xmx256m', '--contxt', '.'], "Unknown option '--contxt'."],
  [['--push', '--tags', 'x'], 'The option --push has no value.'],
  [['--tags', 'x', '--push'], 'The option --push has no value.'],
  [['--push', '--json'], 'The option --push has no value.']
])('%j: the option is named, and what is right', async (args, what) => {
  await expect(buildCommand(args, () => undefined)).rejects.toMatchObject({
    category: 'input',
    message: expect.stringContaining(what),
    fix: expect.stringContaining('`--context build/docker/main --push true`')
  })
})

test.each([
  ['secret-values', 'CRAC_SECRET_VALUES'],
  ['build-secrets', 'CRAC_BUILD_SECRETS'],
  ['github-token', 'GITHUB_TOKEN']
])('the secrets of --%s are refused on the command line, and not shown', async (name, variable) => {
  for (const args of [[`--${name}`, 'id=tr0ub4dor&3'], [`--${name}=id=tr0ub4dor&3`]]) {
    const refused = buildCommand(args, () => undefined)
    await expect(refused).rejects.toMatchObject({
      category: 'input',
      message: expect.not.stringContaining('tr0ub4dor'),
      fix: expect.stringContaining(variable)
    })
  }
})

test('an image without a name is refused, because it would be lost', async () => {
  await expect(buildCommand(['--context', '.'], () => undefined)).rejects.toMatchObject({
    category: 'input',
    message: expect.stringContaining('`--tags` is missing')
  })
})
