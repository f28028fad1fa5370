import { describe } from '@jest/globals'
import { proves, SCANNED } from '../support/application-checks.js'
import { APPLICATIONS, applicationTable, type Outcome } from '../support/application-list.js'
import { labAfterAll, labTest } from '../support/lab.js'

describe('the applications of docs/frameworks.md are restored, or refused with the cause and the fix', () => {
  const outcomes: Outcome[] = []
  labTest.each(APPLICATIONS)(
    '$name',
    async (application) => {
      outcomes.push(await proves(application, SCANNED))
    },
    600_000
  )
  // For docs/frameworks.md.
  labAfterAll(() => {
    process.stderr.write(`${applicationTable(outcomes)}\n`)
  })
})
