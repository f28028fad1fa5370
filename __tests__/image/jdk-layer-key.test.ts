import { expect, test } from '@jest/globals'
import { cpSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { jdkLayerKey, type JdkLayerParts } from '../../src/image/jdk-layer-key.js'
import { ROOT } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
temporaryFolder((created) => (folder = created))

test('the key of the layer with the JDK changes with each of its parts', async () => {
  const parts: JdkLayerParts = {
    ...{ version: '1.0.0', dockerFolder: path.join(ROOT, 'docker'), architecture: 'x64' },
    ...{ jdkSha256: 'a', trustStore: undefined }
  }
  const other = path.join(folder, 'docker')
  cpSync(parts.dockerFolder, other, { recursive: true })
  const same = await jdkLayerKey({ ...parts, dockerFolder: other })
  writeFileSync(path.join(other, 'tools/prepare-jdk.sh'), '#!/bin/sh\n')
  const changed: Partial<JdkLayerParts>[] = [
    ...[{}, { version: '1.0.1' }, { architecture: 'aarch64' as const }, { jdkSha256: 'b' }],
    { dockerFolder: other }
  ]
  const keys = await Promise.all(changed.map((part) => jdkLayerKey({ ...parts, ...part })))
  expect(keys[0]).toBe(same)
  expect(new Set(keys).size).toBe(changed.length)
})

test('a JDK with the certificates of a base image has no key', async () => {
  const parts = { version: '1', dockerFolder: '/nowhere', architecture: 'x64', jdkSha256: 'a' } as const
  expect(await jdkLayerKey({ ...parts, trustStore: '/etc/cacerts' })).toBeUndefined()
})
