import { expect, test } from '@jest/globals'
import { buildCommand } from '../../src/cli/build.js'

test('secrets on the command line are refused, and not shown', async () => {
  for (const args of [['--secret-values', 'tr0ub4dor&3'], ['--secret-values=tr0ub4dor&3']]) {
    const refused = buildCommand(args, () => undefined)
    await expect(refused).rejects.toMatchObject({
      kind: 'input',
      message: expect.not.stringContaining('tr0ub4dor'),
      cure: expect.stringContaining('CRAC_SECRET_VALUES')
    })
  }
})
