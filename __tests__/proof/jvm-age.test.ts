import { expect, test } from '@jest/globals'
import { jvmAge } from '../../src/proof/timed-start.js'

test.each([
  ['Spring-managed lifecycle restart completed (restored JVM running for 24 ms)', 24],
  ['... : Started Application in 1.234 seconds (process running for 1.567)', 1567],
  ['... : Started Application in 2.4 seconds (JVM running for 3)', 3000],
  ['Started all channels in 12 milliseconds. 480 milliseconds since JVM startup. Java 21.0.8+9', 480],
  ['Started all channels in 3 milliseconds. 41 milliseconds since JVM snapshot restore. Java 21.0.8+9', 41],
  ['first\nx (restored JVM running for 24 ms)\nlast', 24],
  // A JVM that does not know.
  ['Spring-managed lifecycle restart completed (restored JVM running for -1 ms)', undefined],
  ['Startup completed in 480ms. Server Running: http://localhost:8080', undefined],
  ['', undefined]
])('%s', (log, age) => {
  expect(jvmAge(log)).toBe(age)
})
