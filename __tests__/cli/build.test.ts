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

test('secrets on the command line are refused, and not shown', async () => {
  for (const args of [['--secret-values', 'tr0ub4dor&3'], ['--secret-values=tr0ub4dor&3']]) {
    const refused = buildCommand(args, () => undefined)
    await expect(refused).rejects.toMatchObject({
      category: 'input',
      message: expect.not.stringContaining('tr0ub4dor'),
      fix: expect.stringContaining('CRAC_SECRET_VALUES')
    })
  }
})
