import { describe, expect, test } from '@jest/globals'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findApplication } from '../../src/application/find.js'
import { javaNeedOf } from '../../src/application/java-need.js'
import { classFile } from '../support/class-file.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { zipOf } from '../support/zip.js'

describe('the Java version that an application is compiled for', () => {
  let context: string
  temporaryFolder((created) => (context = created))

  const jar = (manifest: string, classes: Record<string, number>): Buffer =>
    zipOf([
      { name: 'META-INF/MANIFEST.MF', content: `Manifest-Version: 1.0\n${manifest}\n` },
      ...Object.entries(classes).map(([name, java]) => ({ name, content: classFile(java) }))
    ])
  const write = (file: string, content: Buffer): void => {
    mkdirSync(path.dirname(path.join(context, file)), { recursive: true })
    writeFileSync(path.join(context, file), content)
  }
  const need = async (mainClass?: string): Promise<unknown> =>
    await javaNeedOf(
      await findApplication({
        context,
        application: undefined,
        mainClass,
        scratch: path.join(context, 'scratch')
      })
    )

  test('is the highest of its own classes, not of libraries, module descriptions and other versions of a class', async () => {
    write(
      'app.jar',
      jar('Main-Class: com.acme.shop.Main', {
        'com/acme/shop/Main.class': 17,
        'com/acme/util/Text.class': 21,
        'META-INF/versions/25/com/acme/shop/Main.class': 25,
        'com/acme/module-info.class': 26,
        'module-info.class': 26,
        'org/library/New.class': 24
      })
    )
    expect(await need()).toEqual({ java: 21, preview: false, of: 'com.acme.util.Text' })
  })

  test('is found for a class without a package, and in a folder of classes', async () => {
    write('a.jar', jar('Main-Class: Main', { 'Main.class': 25, 'org/library/New.class': 26 }))
    expect(await need()).toMatchObject({ java: 25, of: 'Main' })
    const folder = path.join(context, 'classes')
    mkdirSync(path.join(folder, 'a/b'), { recursive: true })
    writeFileSync(path.join(folder, 'a/b/Main.class'), classFile(24))
    expect(await need('a.b.Main')).toMatchObject({ java: 24, of: 'a.b.Main' })
  })

  test('is that of the jar with the main class, where the jar is among the libraries', async () => {
    write('lib/acme.jar', jar('', { 'com/acme/Main.class': 22, 'com/acme/A.class': 22 }))
    write('lib/library.jar', jar('', { 'org/library/New.class': 25 }))
    expect(await need('com.acme.Main')).toMatchObject({ java: 22 })
  })

  test('of a jar of Spring Boot is that of its classes', async () => {
    const start = 'Main-Class: org.springframework.boot.loader.launch.JarLauncher\nStart-Class: com.acme.Shop'
    write(
      'shop.jar',
      jar(start, {
        'BOOT-INF/classes/com/acme/Shop.class': 21,
        'org/springframework/boot/loader/launch/JarLauncher.class': 25
      })
    )
    expect(await need()).toMatchObject({ java: 21, of: 'com.acme.Shop' })
  })

  test('is not known without a class', async () => {
    write('app.jar', jar('Main-Class: com.acme.Main', {}))
    expect(await need()).toBeUndefined()
  })
})
