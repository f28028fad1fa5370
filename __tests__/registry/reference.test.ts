import { describe, expect, test } from '@jest/globals'
import { parseReference } from '../../src/registry/reference.js'

describe('parseReference', () => {
  test.each([
    ['ghcr.io/acme/hello:crac', 'ghcr.io/acme/hello', 'crac', 'ghcr.io', 'acme/hello'],
    ['localhost:5000/hello', 'localhost:5000/hello', 'latest', 'localhost:5000', 'hello'],
    ['hello', 'hello', 'latest', 'docker.io', 'library/hello'],
    ['acme/a__b.c-d:V1_2.3-x', 'acme/a__b.c-d', 'V1_2.3-x', 'docker.io', 'acme/a__b.c-d'],
    ['index.docker.io/acme/a', 'index.docker.io/acme/a', 'latest', 'docker.io', 'acme/a'],
    ['[::1]:5000/hello:x', '[::1]:5000/hello', 'x', '[::1]:5000', 'hello']
  ])('%s', (text, repository, tag, registry, path) => {
    expect(parseReference(text)).toEqual({ text, repository, tag, registry, path })
  })

  test.each([
    ['ghcr.io/Acme/hello', 'lower case'],
    ['acme//hello', 'the name is not valid'],
    ['-acme', 'the name is not valid'],
    ['hello:', 'the tag is not valid'],
    ['hello:a b', 'the tag is not valid'],
    [`hello:${'x'.repeat(129)}`, 'the tag is not valid'],
    ['hello@sha256:abc', 'cannot carry a digest'],
    ['a.b$/hello', 'the registry is not a host name'],
    ['host:99999/a', 'the registry is not a host name'],
    ['1.2.3.999/a', 'the registry is not a host name'],
    ['xn--a.com/a', 'the registry is not a host name'],
    [`x/${'y'.repeat(300)}`, 'too long'],
    ['', 'the name is not valid']
  ])('refuses %j', (text, why) => {
    expect(() => parseReference(text)).toThrow(why)
  })
})
