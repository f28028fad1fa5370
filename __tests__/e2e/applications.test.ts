import { describe } from '@jest/globals'
import { APPLICATIONS, IN_CI, proves } from './support/application-table.js'
import { labTest } from './support/lab.js'

// `npm run test:long` has the others.
describe('applications that are pushed, pulled by their digest and restored', () => {
  labTest.each(APPLICATIONS.filter(({ name }) => IN_CI.includes(name)))('$name', proves)
})
