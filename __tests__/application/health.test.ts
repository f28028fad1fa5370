import { describe, expect, test } from '@jest/globals'
import { healthPath } from '../../src/application/health.js'
import { Libraries } from '../../src/application/libraries.js'

describe('healthPath', () => {
  test.each([
    ['spring-boot-actuator-4.0.7.jar', '/actuator/health'],
    ['micronaut-management-4.9.0.jar', '/health'],
    ['io.quarkus.quarkus-smallrye-health-3.33.2.jar', '/q/health'],
    ['helidon-webserver-observe-health-4.5.0.jar', '/observe/health']
  ])('%s: %s', (jar, path) => {
    expect(healthPath(new Libraries([jar], []))).toBe(path)
  })

  test('nothing where nothing says so', () => {
    expect(healthPath(new Libraries(['spring-boot-4.0.7.jar'], []))).toBeUndefined()
    expect(healthPath(undefined)).toBeUndefined()
  })
})
