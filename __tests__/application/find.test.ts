import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findApplication as find, requireContext } from '../../src/application/find.js'
import { writeJar } from '../support/jar.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('findApplication', () => {
  let context: string
  temporaryFolder((created) => (context = created))

  const findApplication = (from: string, application: string | undefined, mainClass?: string) =>
    find({ context: from, application, mainClass, scratch: path.join(context, 'scratch') })

  async function micronautLayers(manifest: string | Record<string, string>): Promise<void> {
    for (const folder of ['app', 'libs', 'project_libs', 'resources'])
      await mkdir(path.join(context, 'layers', folder), { recursive: true })
    await writeJar(path.join(context, 'layers/app/application.jar'), manifest)
  }

  test.each(['.', 'layers'])('finds Micronaut layers, also from %s', async (application) => {
    await micronautLayers('example.Application')
    const found = await findApplication(context, application)
    expect(found).toMatchObject({
      layout: 'micronaut-layers',
      mainClass: 'example.Application',
      command: ['-jar', '/app/application.jar']
    })
    expect([...found.dependencies.values()]).toEqual(['libs', 'project_libs'])
    expect([...found.classes.values()]).toEqual(['.', 'resources'])
  })

  test('packs the folders of Micronaut layers that are on the class path', async () => {
    await micronautLayers({ 'Main-Class': 'example.Application', 'Class-Path': 'resources/ libs/a.jar' })
    await mkdir(path.join(context, 'layers/data'))
    const found = await findApplication(context, undefined)
    expect(found.command).toEqual(['-cp', '/app/resources.jar:/app/application.jar', 'example.Application'])
    expect([...found.classes.values()]).toEqual(['.', 'data', 'resources.jar'])
    expect([...found.packed]).toEqual([path.join(context, 'layers/resources')])
  })

  test('finds the one runnable jar among others', async () => {
    await writeJar(path.join(context, 'app.jar'), 'com.example.Main')
    await writeJar(path.join(context, 'app-plain.jar'), undefined)
    await writeFile(path.join(context, 'broken.jar'), 'no zip')
    expect(await findApplication(context, undefined)).toMatchObject({
      layout: 'jar',
      mainClass: 'com.example.Main',
      command: ['-jar', '/app/app.jar']
    })
  })

  test('the input `application` selects one of several jars', async () => {
    await writeJar(path.join(context, 'a.jar'), 'A')
    await writeJar(path.join(context, 'b.jar'), 'B')
    await expect(findApplication(context, undefined)).rejects.toMatchObject({
      category: 'input',
      evidence: 'a.jar\nb.jar'
    })
    expect(await findApplication(context, 'b.jar')).toMatchObject({ mainClass: 'B' })
  })

  test('a jar includes the files of its Class-Path beside it, and no others', async () => {
    await mkdir(path.join(context, 'libs'))
    await writeFile(path.join(context, 'libs/a.jar'), '')
    const entries = { 'Main-Class': 'M', 'Class-Path': 'libs/a.jar libs/none.jar ../x.jar /etc/passwd' }
    await writeJar(path.join(context, 'app.jar'), entries)
    const found = await findApplication(context, undefined)
    expect([...found.dependencies]).toEqual([[path.join(context, 'libs/a.jar'), 'libs/a.jar']])
    expect(found.command).toEqual(['-jar', '/app/app.jar'])
  })

  test('unpacks a jar of Spring Boot: its jars are dependencies, except snapshot versions', async () => {
    await writeJar(
      path.join(context, 'shop.jar'),
      { 'Main-Class': 'org.springframework.boot.loader.launch.JarLauncher', 'Start-Class': 'com.acme.Shop' },
      {
        'BOOT-INF/classes/com/acme/Shop.class': 'shop',
        'BOOT-INF/lib/b.jar': 'b',
        'BOOT-INF/lib/a-1-SNAPSHOT.jar': 'a',
        'META-INF/services/com.acme.Provider': 'of the loader',
        'META-INF/SIGNER.SF': 'of the whole jar',
        'org/springframework/Loader.class': 'loader'
      }
    )
    const found = await findApplication(context, undefined)
    expect(found).toMatchObject({
      layout: 'spring-boot',
      mainClass: 'com.acme.Shop',
      command: ['-cp', '/app/classes.jar:/app/lib/a-1-SNAPSHOT.jar:/app/lib/b.jar', 'com.acme.Shop']
    })
    expect([...found.dependencies.values()]).toEqual(['lib/b.jar'])
    expect([...found.classes.values()]).toEqual(['classes.jar', 'lib/a-1-SNAPSHOT.jar'])
    const [folder = ''] = found.classes.keys()
    expect(await readFile(path.join(folder, 'com/acme/Shop.class'), 'utf8')).toBe('shop')
    expect([...found.packed]).toEqual([folder])
    expect(await readFile(path.join(folder, 'META-INF/MANIFEST.MF'), 'utf8')).toContain('com.acme.Shop')
  })

  test('a jar of Spring Boot keeps the order of its class path, and the content of its META-INF', async () => {
    await writeJar(
      path.join(context, 'shop.jar'),
      { 'Main-Class': 'org.springframework.boot.loader.launch.JarLauncher', 'Start-Class': 'com.acme.Shop' },
      {
        'BOOT-INF/classes/com/acme/Shop.class': 'shop',
        'BOOT-INF/classpath.idx':
          '- "BOOT-INF/lib/b.jar"\n- "BOOT-INF/lib/gone.jar"\n- "BOOT-INF/lib/a.jar"\n',
        'BOOT-INF/lib/0.jar': '0',
        'BOOT-INF/lib/a.jar': 'a',
        'BOOT-INF/lib/b.jar': 'b',
        'META-INF/resources/logo.svg': 'logo'
      }
    )
    const found = await findApplication(context, undefined)
    expect(found.command[1]).toBe(
      '/app/root.jar:/app/classes.jar:/app/lib/b.jar:/app/lib/a.jar:/app/lib/0.jar'
    )
    const [root = ''] = [...found.classes].flatMap(([source, target]) =>
      target === 'root.jar' ? [source] : []
    )
    expect(await readFile(path.join(root, 'META-INF/resources/logo.svg'), 'utf8')).toBe('logo')
  })

  test('sets the option for a checkpoint for an uber-jar of Quarkus', async () => {
    await writeJar(path.join(context, 'app-runner.jar'), 'io.quarkus.runner.GeneratedMain')
    expect(await findApplication(context, undefined)).toMatchObject({
      layout: 'jar',
      command: ['-Dquarkus.package.jar.crac.enabled=true', '-jar', '/app/app-runner.jar']
    })
  })

  test.each(['.', 'quarkus-app'])('finds a Quarkus application, also from %s', async (application) => {
    for (const folder of ['app', 'lib/main', 'quarkus'])
      await mkdir(path.join(context, 'quarkus-app', folder), { recursive: true })
    await writeJar(
      path.join(context, 'quarkus-app/quarkus-run.jar'),
      'io.quarkus.bootstrap.runner.QuarkusEntryPoint'
    )
    await writeJar(path.join(context, 'shop-1.0.jar'), undefined)
    const found = await findApplication(context, application)
    expect(found).toMatchObject({
      layout: 'quarkus-app',
      command: ['-Dquarkus.package.jar.crac.enabled=true', '-jar', '/app/quarkus-run.jar']
    })
    expect([...found.dependencies.values()]).toEqual(['lib'])
    expect([...found.classes.values()]).toEqual(['quarkus-run.jar', 'app', 'quarkus'])
  })

  test('a class path needs the input `main-class`', async () => {
    await mkdir(path.join(context, 'classes'))
    await mkdir(path.join(context, 'lib'))
    await writeFile(path.join(context, 'lib/b.jar'), '')
    await writeFile(path.join(context, 'lib/a.jar'), '')
    await expect(findApplication(context, undefined)).rejects.toMatchObject({
      fix: expect.stringContaining('`main-class`')
    })
    expect(await findApplication(context, undefined, 'com.acme.Main')).toMatchObject({
      layout: 'class-path',
      command: ['-cp', '/app/classes.jar:/app/lib/a.jar:/app/lib/b.jar', 'com.acme.Main']
    })
  })

  test('reads a long Main-Class that spans two lines of the manifest', async () => {
    const name = `com.example.${'x'.repeat(100)}`
    await writeJar(path.join(context, 'app.jar'), name)
    expect(await findApplication(context, undefined)).toMatchObject({ mainClass: name })
  })

  test('the message lists the folder if there is no application', async () => {
    await writeFile(path.join(context, 'readme.txt'), '')
    await expect(findApplication(context, undefined)).rejects.toMatchObject({
      category: 'input',
      evidence: 'Content of the folder:\nreadme.txt'
    })
  })

  test.each(['../..', '/etc', 'x/../../y'])(
    'refuses %s, which leads out of the context',
    async (application) => {
      await expect(findApplication(context, application)).rejects.toThrow('leads out of the context')
    }
  )

  test('refuses a context that does not exist', async () => {
    await expect(requireContext(path.join(context, 'none'))).rejects.toThrow('is not a folder')
    await requireContext(context)
  })

  test('fails with a clear message if `application` is a pipe', async () => {
    execFileSync('mkfifo', [path.join(context, 'pipe.jar')])
    await symlink('pipe.jar', path.join(context, 'link.jar'))
    await expect(findApplication(context, 'link.jar')).rejects.toThrow('No application was found')
  })
})
