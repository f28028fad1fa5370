import { describe } from '@jest/globals'
import { labTest } from '../support/lab.js'
import { APPLICATIONS, proves } from '../support/application-table.js'

describe('the applications of docs/frameworks.md are restored, or refused with the cause and the fix', () => {
  labTest.each(APPLICATIONS)('$name', async (application) => await proves(application), 600_000)
})
