import { expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { shipped, vendorApis } from '../src/shipped.js'

test('what is shipped is there', () => {
  const { version, ...places } = shipped()
  expect(version).toMatch(/^\d+\.\d+\.\d+/)
  for (const place of Object.values(places)) expect(existsSync(place)).toBe(true)
})

test('the environment can name other APIs, and an address that is none is refused', () => {
  expect(vendorApis({}).azulApiUrl.host).toBe('api.azul.com')
  expect(vendorApis({ BELLSOFT_API_URL: 'https://copy.example/x' }).bellsoftApiUrl.href).toBe(
    'https://copy.example/x'
  )
  expect(() => vendorApis({ AZUL_API_URL: 'copy' })).toThrow(
    'Invalid environment variable AZUL_API_URL: not a URL'
  )
})
