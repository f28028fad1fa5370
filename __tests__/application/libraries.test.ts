import { describe, expect, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { librariesOf } from '../../src/application/libraries.js'
import { findApplication } from '../../src/application/find.js'
import type { FoundApplication } from '../../src/application/layouts/layout.js'
import { writeJar } from '../support/jar.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const NETTY = { jar: 'netty-transport', classes: 'io/netty/channel/' }

describe('librariesOf', () => {
  let context: string
  temporaryFolder((created) => (context = created))

  const find = async (mainClass?: string): Promise<FoundApplication> =>
    await findApplication({
      context,
      application: undefined,
      mainClass,
      scratch: path.join(context, 'scratch')
    })

  test('finds jars in folders at any depth', async () => {
    await mkdir(path.join(context, 'lib/main'), { recursive: true })
    await writeFile(path.join(context, 'lib/app.jar'), '')
    await writeFile(path.join(context, 'lib/main/netty-transport-4.2.1.jar'), '')
    const libraries = await librariesOf(await find('example.Main'))
    expect(libraries?.has(NETTY)).toBe(true)
    expect(libraries?.has({ jar: 'crac', classes: 'org/crac/' })).toBe(false)
  })

  test('finds jars beside a jar, and classes in it', async () => {
    const manifest = { 'Main-Class': 'example.Main', 'Class-Path': 'netty-transport-4.2.1.jar' }
    await writeJar(path.join(context, 'app.jar'), manifest, { 'org/crac/Core.class': '' })
    await writeJar(path.join(context, 'netty-transport-4.2.1.jar'), undefined)
    const libraries = await librariesOf(await find())
    expect(libraries?.has(NETTY)).toBe(true)
    expect(libraries?.has({ jar: 'crac', classes: 'org/crac/' })).toBe(true)
  })

  test("is undefined for a user's Dockerfile", async () => {
    const application: FoundApplication = {
      layout: 'dockerfile',
      description: '',
      mainClass: '',
      command: [],
      dependencies: new Map(),
      packed: new Set(),
      classes: new Map()
    }
    expect(await librariesOf(application)).toBeUndefined()
  })
})
