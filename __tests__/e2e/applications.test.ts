import { describe } from '@jest/globals'
import { proves } from './support/application-checks.js'
import { APPLICATIONS, IN_CI } from './support/application-list.js'
import { labTest } from './support/lab.js'

// `npm run test:long` has the others.
describe('applications that are pushed, pulled by their digest and restored', () => {
  labTest.each(APPLICATIONS.filter(({ name }) => IN_CI.includes(name)))('$name', async (application) => {
    await proves(application)
  })
})
