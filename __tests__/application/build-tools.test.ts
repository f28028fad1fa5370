import { describe, expect, test } from '@jest/globals'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { findApplication, type ApplicationRequest } from '../../src/application/find.js'
import type { FoundApplication } from '../../src/application/layouts/layout.js'
import { classFile } from '../support/class-file.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { zipOf, type ZipEntry } from '../support/zip.js'

const LOADER = 'org.springframework.boot.loader.launch'

const GRADLE = `#!/bin/sh
CLASSPATH=$APP_HOME/lib/shop.jar:$APP_HOME/lib/kotlin-stdlib.jar
DEFAULT_JVM_OPTS='"-Xmx64m" "-Dconfig=$APP_HOME/conf/a b.yml"'
set -- \\
        -classpath "$CLASSPATH" \\
        com.acme.MainKt \\
        "$@"
`

const OLD_GRADLE = `#!/usr/bin/env sh
DEFAULT_JVM_OPTS=""
CLASSPATH=$APP_HOME/lib/shop.jar:$APP_HOME/lib/gone.jar
eval set -- $DEFAULT_JVM_OPTS $JAVA_OPTS $SHOP_OPTS -classpath "\\"$CLASSPATH\\"" com.acme.Main "$APP_ARGS"
`

const SBT = `#!/usr/bin/env bash
declare -r app_mainclass=("com.acme.Main")
declare -r app_classpath="$lib_dir/../conf/:$lib_dir/com.acme.shop-1.0.jar:$lib_dir/org.scala-lang.scala-library-2.13.jar"
addJava "-Dplay.server.pidfile.path=/dev/null"
`

// Of sbt-native-packager 1.9 and newer.
const NEW_SBT = `#!/usr/bin/env bash
declare -a app_commands
declare -a app_mainclass=('com.acme.Main')

declare -r script_conf_file="\${app_home}/../conf/application.ini"
declare -r app_classpath="$lib_dir/com.acme.shop-1.0.jar:$lib_dir/*"
`

const GRADLE_MODULE = GRADLE.replace(
  'CLASSPATH=$APP_HOME/lib/shop.jar:$APP_HOME/lib/kotlin-stdlib.jar',
  'CLASSPATH="\\\\\\"\\\\\\""\nMODULE_PATH=$APP_HOME/lib/shop.jar:$APP_HOME/lib/kotlin-stdlib.jar'
).replace(
  'com.acme.MainKt',
  '--module-path "$MODULE_PATH" \\\n        --module com.acme.shop/com.acme.MainKt'
)

const APPASSEMBLER = `#!/bin/sh
PRGDIR=\`dirname "$PRG"\`
BASEDIR=\`cd "$PRGDIR/.." >/dev/null; pwd\`
REPO=

if [ -z "$REPO" ]
then
  REPO="$BASEDIR"/repo
fi

CLASSPATH="$BASEDIR"/etc:"$REPO"/com/acme/shop/1.0/shop-1.0.jar:"$REPO"/org/b/b/2/b-2.jar
if $cygwin; then
  [ -n "$CLASSPATH" ] && CLASSPATH=\`cygpath --path --windows "$CLASSPATH"\`
fi

exec "$JAVACMD" -Xms32m -Dx="$BASEDIR"/etc/x $JAVA_OPTS \\
  -classpath "$CLASSPATH" \\
  -Dapp.name="shop" \\
  -Dapp.pid="$$" \\
  -Dapp.repo="$REPO" \\
  -Dapp.home="$BASEDIR" \\
  -Dbasedir="$BASEDIR" \\
  com.acme.Main \\
  "$@"
`

describe('what build tools create by their standard goals', () => {
  let context: string
  temporaryFolder((created) => (context = path.join(created, 'context')))

  const find = async (given: Partial<ApplicationRequest> = {}): Promise<FoundApplication> =>
    await findApplication({
      context,
      application: undefined,
      mainClass: undefined,
      scratch: path.join(context, '../scratch'),
      ...given
    })
  const write = (file: string, content: Buffer | string = ''): void => {
    mkdirSync(path.dirname(path.join(context, file)), { recursive: true })
    writeFileSync(path.join(context, file), content)
  }
  const jar = (manifest: Record<string, string>, files: readonly (string | ZipEntry)[] = []): Buffer =>
    zipOf([
      {
        name: 'META-INF/MANIFEST.MF',
        content: Object.entries({ 'Manifest-Version': '1.0', ...manifest })
          .map(([name, value]) => `${name}: ${value}\n`)
          .join('')
      },
      ...files.map((file) => (typeof file === 'string' ? { name: file, content: file } : file))
    ])
  const classPathOf = ({ command }: FoundApplication): string[] =>
    (command[command.indexOf('-cp') + 1] ?? '').split(':')

  const WAR = jar({ 'Main-Class': `${LOADER}.WarLauncher`, 'Start-Class': 'com.acme.Shop' }, [
    'index.html',
    'WEB-INF/classes/com/acme/Shop.class',
    'WEB-INF/lib/spring-boot-3.5.16.jar',
    'WEB-INF/lib/shop-api-1-SNAPSHOT.jar',
    'WEB-INF/lib-provided/tomcat-embed-core.jar',
    'WEB-INF/views/order.jsp',
    'WEB-INF/layers.idx',
    'META-INF/resources/a.css',
    'org/springframework/boot/loader/launch/WarLauncher.class'
  ])

  test('an executable war runs from its folders, which its server finds below /app', async () => {
    write('shop.war', WAR)
    write('shop.war.original', jar({}))
    const found = await find()
    expect(found).toMatchObject({
      description: 'Spring Boot war shop.war (com.acme.Shop), unpacked',
      mainClass: 'com.acme.Shop'
    })
    expect(classPathOf(found)).toEqual([
      '/app/WEB-INF/root.jar',
      '/app/WEB-INF/classes.jar',
      '/app/WEB-INF/lib/shop-api-1-SNAPSHOT.jar',
      '/app/WEB-INF/lib/spring-boot-3.5.16.jar',
      '/app/WEB-INF/lib-provided/tomcat-embed-core.jar'
    ])
    expect([...found.dependencies.values()]).toEqual([
      'WEB-INF/lib/spring-boot-3.5.16.jar',
      'WEB-INF/lib-provided/tomcat-embed-core.jar'
    ])
    const [served = ''] = [...found.classes].flatMap(([from, to]) => (to === '.' ? [from] : []))
    expect((await readdir(served, { recursive: true })).sort()).toEqual([
      'WEB-INF',
      'WEB-INF/views',
      'WEB-INF/views/order.jsp',
      'index.html'
    ])
  })

  describe('an unpacked jar of Spring Boot', () => {
    const MANIFEST = `Main-Class: ${LOADER}.JarLauncher\nStart-Class: com.acme.Shop\n`
    const expected = {
      layout: 'spring-boot',
      mainClass: 'com.acme.Shop',
      command: ['-cp', '/app/classes.jar:/app/lib/b.jar:/app/lib/shop-api-1-SNAPSHOT.jar', 'com.acme.Shop']
    }

    test('by `jar -xf`, or by `-Djarmode=layertools`, runs as the jar does', async () => {
      write('unpacked/META-INF/MANIFEST.MF', MANIFEST)
      write('unpacked/BOOT-INF/classes/com/acme/Shop.class')
      write('unpacked/BOOT-INF/lib/b.jar')
      write('unpacked/BOOT-INF/lib/shop-api-1-SNAPSHOT.jar')
      write('unpacked/org/springframework/boot/loader/launch/JarLauncher.class')
      expect(await find({ application: 'unpacked' })).toMatchObject(expected)

      write('layers/application/META-INF/MANIFEST.MF', MANIFEST)
      write('layers/application/BOOT-INF/classes/com/acme/Shop.class')
      write('layers/dependencies/BOOT-INF/lib/b.jar')
      write('layers/snapshot-dependencies/BOOT-INF/lib/shop-api-1-SNAPSHOT.jar')
      const found = await find({ application: 'layers', scratch: `${context}-2` })
      expect(found).toMatchObject(expected)
      expect([...found.dependencies.values()]).toEqual(['lib/b.jar'])
      const [classes = ''] = found.packed
      expect((await readdir(classes, { recursive: true })).sort()).toEqual([
        'META-INF',
        'META-INF/MANIFEST.MF',
        'com',
        'com/acme',
        'com/acme/Shop.class'
      ])
    })

    test('by `-Djarmode=tools extract --layers` gets the libraries of its layers', async () => {
      const manifest = {
        'Main-Class': 'com.acme.Shop',
        'Class-Path': 'lib/b.jar lib/shop-api-1-SNAPSHOT.jar'
      }
      write('application/shop.jar', jar(manifest))
      write('dependencies/lib/b.jar')
      write('snapshot-dependencies/lib/shop-api-1-SNAPSHOT.jar')
      const found = await find()
      expect(found.command).toEqual(['-jar', '/app/shop.jar'])
      expect([...found.dependencies.values()]).toEqual(['lib/b.jar', 'lib/shop-api-1-SNAPSHOT.jar'])
    })
  })

  test('a war without a main class is refused with what to build instead', async () => {
    write('target/shop.war', jar({}, ['WEB-INF/web.xml']))
    for (const application of [undefined, 'target', 'target/shop.war'])
      await expect(find({ application })).rejects.toMatchObject({
        message: 'shop.war needs a servlet container: it has no Main-Class.',
        fix: expect.stringContaining('`repackage`')
      })
  })

  test('an ear is refused with what to build instead', async () => {
    write('target/shop.ear', jar({}, ['META-INF/application.xml']))
    await expect(find()).rejects.toMatchObject({
      message: 'shop.ear needs an application server: it has no Main-Class.',
      fix: expect.stringContaining(
        'Build a jar that starts the server itself, as the frameworks of application servers can, or describe server and ear'
      )
    })
  })

  test.each(['target/shop', 'target/shop-1.0-runner', 'build/native/nativeCompile/shop'])(
    'a native executable at %s is refused with what to build instead; a jar beside it is preferred',
    async (file) => {
      write(file, Buffer.from('\x7fELF\x02\x01\x01', 'latin1'))
      await expect(find()).rejects.toMatchObject({
        message: `${path.basename(file)} is a native executable: it has no JVM.`,
        fix: expect.stringContaining('build the jar of the application')
      })
      const folder = file.startsWith('target') ? 'target' : 'build/libs'
      write(path.join(folder, 'shop-1.0.jar'), jar({ 'Main-Class': 'com.acme.Main' }))
      expect(await find()).toMatchObject({ mainClass: 'com.acme.Main' })
    }
  )

  test.each(['target/libnative.so.1', 'target/helper.o', 'kubectl', 'tools/jq'])(
    '%s is not taken for the native executable of the application',
    async (file) => {
      write(file, Buffer.from('\x7fELF\x02\x01\x01', 'latin1'))
      write('target/shop-1.0.jar', jar({ 'Created-By': 'Maven' }))
      await expect(find()).rejects.toMatchObject({
        message: 'shop-1.0.jar is not runnable: it has no Main-Class.'
      })
    }
  )

  test('what the build has made is named, and not a jar of the project; jars of sources are not named', async () => {
    write('ojdbc8.jar', jar({}))
    write('build/libs/shop-plain.jar', jar({}))
    await expect(find()).rejects.toMatchObject({
      message: 'shop-plain.jar is not runnable: it has no Main-Class.'
    })
    rmSync(path.join(context, 'ojdbc8.jar'))
    rmSync(path.join(context, 'build'), { recursive: true })
    write('shop-sources.jar', jar({}))
    await expect(find()).rejects.toMatchObject({ message: expect.not.stringContaining('is not runnable') })
  })

  test('a jar without a main class is refused with the input that names one', async () => {
    write('target/shop-1.0.jar', jar({ 'Created-By': 'Maven' }, ['com/acme/Main.class']))
    write('target/shop-1.0-sources.jar', jar({}))
    for (const context_ of [context, path.join(context, 'target')])
      await expect(find({ context: context_ })).rejects.toMatchObject({
        message: 'shop-1.0.jar is not runnable: it has no Main-Class.',
        fix: expect.stringContaining('Set `main-class`')
      })
    expect(await find({ mainClass: 'com.acme.Main' })).toMatchObject({ mainClass: 'com.acme.Main' })
  })

  test('a war with another main class runs by itself, and a jar beside a war is preferred', async () => {
    write('ci.war', jar({ 'Main-Class': 'executable.Main' }))
    expect((await find()).command).toEqual(['-jar', '/app/ci.war'])
    write('app.jar', jar({ 'Main-Class': 'com.acme.Main' }))
    expect((await find()).command).toEqual(['-jar', '/app/app.jar'])
  })

  test('a jar with a start script in front is read, as a JVM does', async () => {
    const script = Buffer.from('#!/bin/bash\nexec java -jar "$0"\n')
    const start = { 'Main-Class': `${LOADER}.JarLauncher`, 'Start-Class': 'com.acme.Shop' }
    write('shop.jar', Buffer.concat([script, jar(start, ['BOOT-INF/classes/a.txt', 'BOOT-INF/lib/b.jar'])]))
    const found = await find()
    expect(classPathOf(found)).toEqual(['/app/classes.jar', '/app/lib/b.jar'])
    const [folder = ''] = found.classes.keys()
    expect(await readdir(folder)).toContain('a.txt')
    write('plain/app.jar', Buffer.concat([script, jar({ 'Main-Class': 'com.acme.Main' })]))
    expect(await find({ application: 'plain', scratch: `${context}-2` })).toMatchObject({
      mainClass: 'com.acme.Main'
    })
  })

  describe('PropertiesLauncher', () => {
    const properties = (extra: ZipEntry[] = [], manifest = {}): void =>
      write(
        'app.jar',
        jar({ 'Main-Class': `${LOADER}.PropertiesLauncher`, 'Start-Class': 'com.acme.Shop', ...manifest }, [
          'BOOT-INF/classes/com/acme/Shop.class',
          'BOOT-INF/lib/a.jar',
          ...extra
        ])
      )

    test.each<[string, Partial<ApplicationRequest>, ZipEntry[], object]>([
      ['java-options', { javaOptions: ['-Dloader.main=com.acme.Job', '-Dloader.path=ext,conf/'] }, [], {}],
      ['env', { env: { LOADER_MAIN: 'com.acme.Job', LOADER_PATH: 'ext/*,conf' } }, [], {}],
      [
        'loader.properties',
        {},
        [
          {
            name: 'BOOT-INF/classes/loader.properties',
            content: '# x\nloader.main=com.acme.Job\nloader.path = ext, conf\n'
          }
        ],
        {}
      ],
      ['the manifest', { mainClass: 'com.acme.Job' }, [], { 'Loader-Path': 'ext,conf' }]
    ])('takes main class and class path from %s', async (_, given, extra, manifest) => {
      properties(extra, manifest)
      write('ext/drivers/z.jar')
      write('ext/a.jar')
      write('conf/application.yml')
      const found = await find(given)
      expect(found.mainClass).toBe('com.acme.Job')
      expect(classPathOf(found)).toEqual([
        '/app/ext/a.jar',
        '/app/ext/drivers/z.jar',
        '/app/conf',
        '/app/classes.jar',
        '/app/lib/a.jar'
      ])
      expect([...found.dependencies.values()]).toEqual(['ext', 'conf', 'lib/a.jar'])
    })

    test('reads loader.properties beside the jar before those in it, and says what the image does not have', async () => {
      const content = 'loader.main=com.acme.Inside'
      properties([
        { name: 'BOOT-INF/classes/loader.properties', content: 'loader.main=com.acme.Below' },
        { name: 'loader.properties', content }
      ])
      expect(await find()).toMatchObject({ mainClass: 'com.acme.Inside', leftOut: [] })
      write(
        'loader.properties',
        'loader.main=com.acme.Beside\nloader.path=gone,BOOT-INF/lib\nloader.args=--password=x\n'
      )
      expect(await find({ scratch: `${context}-2` })).toMatchObject({
        mainClass: 'com.acme.Beside',
        leftOut: [
          'loader.path names files that are not beside app.jar: gone.',
          'The arguments of loader.args are left out; set them in the input `arguments`.'
        ]
      })
    })

    test('runs the start class without settings; other launchers ignore them', async () => {
      properties()
      expect(await find()).toMatchObject({ mainClass: 'com.acme.Shop' })
      write('app.jar', jar({ 'Main-Class': `${LOADER}.JarLauncher`, 'Start-Class': 'com.acme.Shop' }))
      expect(
        await find({ javaOptions: ['-Dloader.main=com.acme.Job'], scratch: `${context}-2` })
      ).toMatchObject({ mainClass: 'com.acme.Shop' })
    })
  })

  test('`mvn dependency:copy-dependencies`: a thin jar gets the copied libraries, one that contains them does not', async () => {
    write('target/app.jar', jar({ 'Main-Class': 'com.acme.Main' }, ['com/acme/Main.class']))
    write('target/dependency/b.jar', jar({}, ['org/b/B.class']))
    write('target/dependency/a.jar', jar({}, ['META-INF/x.class', 'org/a/A.class']))
    const found = await find()
    expect(found.description).toBe(
      'runnable jar app.jar (com.acme.Main) with 2 jars in dependency/ in target/'
    )
    expect(classPathOf(found)).toEqual(['/app/app.jar', '/app/dependency/a.jar', '/app/dependency/b.jar'])
    write('target/app.jar', jar({ 'Main-Class': 'com.acme.Main' }, ['com/acme/Main.class', 'org/a/A.class']))
    expect((await find()).command).toEqual(['-jar', '/app/app.jar'])
  })

  test.each(['lib', 'libs', 'dependency'])(
    'a thin jar gets the jars in %s/ beside it, also where its Class-Path names another folder',
    async (folder) => {
      write(`target/${folder}/b-2.jar`, jar({}, ['org/b/B.class']))
      for (const manifest of [{}, { 'Class-Path': 'elsewhere/b-2.jar' }]) {
        write('target/app.jar', jar({ 'Main-Class': 'com.acme.Main', ...manifest }, ['com/acme/Main.class']))
        const found = await find()
        expect(found.description).toContain(`with 1 jar in ${folder}/`)
        expect(classPathOf(found)).toEqual(['/app/app.jar', `/app/${folder}/b-2.jar`])
        expect(found.leftOut).toBeUndefined()
      }
    }
  )

  test('`main-class` selects the jar that has it, with the libraries beside it', async () => {
    write('shop.jar', jar({}, ['com/acme/Main.class']))
    write('tools.jar', jar({}, ['com/acme/Tool.class']))
    write('lib/b.jar', jar({}, ['org/b/B.class']))
    const found = await find({ mainClass: 'com.acme.Main' })
    expect(found.command).toEqual(['-cp', '/app/shop.jar:/app/lib/b.jar', 'com.acme.Main'])
  })

  test('`target/classes` and `target/dependency` run with the only class that has a main method', async () => {
    write('classes/com/acme/MainKt.class', classFile(17))
    write('classes/com/acme/Other.class', classFile(17, { method: 'run' }))
    write('dependency/kotlin-stdlib.jar')
    expect(await find()).toMatchObject({
      layout: 'class-path',
      command: ['-cp', '/app/classes.jar:/app/dependency/kotlin-stdlib.jar', 'com.acme.MainKt']
    })
    write('classes/com/acme/Tool.class', classFile(17))
    await expect(find()).rejects.toMatchObject({ fix: expect.stringContaining('`main-class`') })
    expect(await find({ mainClass: 'com.acme.Tool' })).toMatchObject({ mainClass: 'com.acme.Tool' })
  })

  test('the folder of jib: resources, classes and libraries in its order, with its main class', async () => {
    write('classes/com/acme/Main.class', classFile(17))
    write('resources/application.yml')
    write('libs/a.jar')
    write('jib-main-class-file', 'com.acme.Main\n')
    expect((await find()).command).toEqual([
      '-cp',
      '/app/resources.jar:/app/classes.jar:/app/libs/a.jar',
      'com.acme.Main'
    ])
  })

  const shop = (): Buffer => jar({}, ['com/acme/MainKt.class', 'com/acme/Main.class'])

  test('`installDist` of Gradle: class path, main class and options of the start script, and the rest of the distribution', async () => {
    write('build/install/shop/bin/shop', GRADLE)
    write('build/install/shop/bin/shop.bat', 'CLASSPATH=x')
    write('build/install/shop/lib/shop.jar', shop())
    write('build/install/shop/lib/kotlin-stdlib.jar', jar({}))
    write('build/install/shop/conf/a b.yml')
    const expected = {
      layout: 'distribution',
      mainClass: 'com.acme.MainKt',
      command: [
        '-Xmx64m',
        '-Dconfig=/app/conf/a b.yml',
        '-cp',
        '/app/lib/shop.jar:/app/lib/kotlin-stdlib.jar',
        'com.acme.MainKt'
      ]
    }
    const found = await find()
    expect(found).toMatchObject(expected)
    expect([...found.dependencies.values()]).toEqual(['lib/kotlin-stdlib.jar'])
    expect([...found.classes.values()]).toEqual(['lib/shop.jar', 'conf'])
    expect(await find({ application: 'build/install/shop/bin/shop' })).toMatchObject(expected)
    expect(await find({ context: path.join(context, 'build') })).toMatchObject(expected)
    expect(await find({ context: path.join(context, 'build/install/shop') })).toMatchObject(expected)
  })

  test('a distribution is preferred to the thin jar in build/libs, and `gradle init` has it in the project app', async () => {
    write('app/build/install/shop/bin/shop', GRADLE)
    write('app/build/install/shop/lib/shop.jar', shop())
    write('app/build/libs/shop.jar', jar({ 'Main-Class': 'com.acme.MainKt' }))
    for (const from of [context, path.join(context, 'app'), path.join(context, 'app/build')])
      expect(await find({ context: from })).toMatchObject({ layout: 'distribution' })
  })

  test('a start script of Gradle with modules runs them from the module path', async () => {
    write('bin/shop', GRADLE_MODULE)
    write('lib/shop.jar', shop())
    write('lib/kotlin-stdlib.jar', jar({}))
    const found = await find()
    const modules = ['--module-path', '/app/lib/shop.jar:/app/lib/kotlin-stdlib.jar']
    expect(found).toMatchObject({ mainClass: 'com.acme.MainKt', leftOut: [] })
    expect(found.command.slice(2)).toEqual([...modules, '--module', 'com.acme.shop/com.acme.MainKt'])
    expect([...found.dependencies.values()]).toEqual(['lib/kotlin-stdlib.jar'])
  })

  test('what lib/ of a distribution has besides its class path is in the image', async () => {
    write('bin/shop', OLD_GRADLE)
    write('lib/shop.jar', shop())
    write('lib/plugin.jar', jar({}))
    write('lib/native/libshop.so')
    expect([...(await find()).classes.values()]).toEqual(['lib/shop.jar', 'lib/native', 'lib/plugin.jar'])
  })

  test('`assemble` of appassembler-maven-plugin: its repository, options and configuration', async () => {
    write('target/shop.jar', jar({}))
    write('target/appassembler/bin/shop', APPASSEMBLER)
    write('target/appassembler/repo/com/acme/shop/1.0/shop-1.0.jar', shop())
    write('target/appassembler/repo/org/b/b/2/b-2.jar', jar({}))
    write('target/appassembler/repo/org/b/b/maven-metadata-appassembler.xml')
    write('target/appassembler/etc/shop.yml')
    const found = await find()
    expect(found).toMatchObject({ layout: 'distribution', mainClass: 'com.acme.Main', leftOut: [] })
    expect(found.command).toEqual([
      '-Xms32m',
      '-Dx=/app/etc/x',
      '-Dapp.repo=/app/repo',
      '-Dapp.home=/app',
      '-Dbasedir=/app',
      '-cp',
      '/app/etc:/app/repo/com/acme/shop/1.0/shop-1.0.jar:/app/repo/org/b/b/2/b-2.jar',
      'com.acme.Main'
    ])
    expect([...found.dependencies.values()]).toEqual(['repo/org/b/b/2/b-2.jar'])
    expect([...found.classes.values()]).toEqual([
      'repo/com/acme/shop/1.0/shop-1.0.jar',
      'etc',
      'repo/org/b/b/maven-metadata-appassembler.xml'
    ])
    write('target/appassembler/bin/shop', APPASSEMBLER.replace('"$@"', 'serve --token x "$@"'))
    expect((await find()).leftOut).toEqual([
      'The arguments that the start script gives the application are left out; set them in the input `arguments`.'
    ])
  })

  test('`stage` of a new sbt-native-packager: conf/application.ini, a wildcard, and the jar of its launcher', async () => {
    write('bin/shop', NEW_SBT)
    write('lib/com.acme.shop-1.0.jar', shop())
    write('lib/z.jar', jar({}))
    write('conf/application.ini', '# -J-Xmx1g\n-J-Xmx256m -Dlog=debug\n')
    const options = ['-Xmx256m', '-Dlog=debug', '-cp']
    const command = [...options, '/app/lib/com.acme.shop-1.0.jar:/app/lib/z.jar', 'com.acme.Main']
    const found = await find()
    expect(found).toMatchObject({ command, leftOut: [] })
    expect([...found.dependencies.values()]).toEqual(['lib/z.jar'])
    expect([...found.classes.values()]).toEqual(['lib/com.acme.shop-1.0.jar', 'conf'])
    // A link to a file of the runner, as a pull request can add it.
    const outside = path.join(path.dirname(context), `${path.basename(context)}-outside.ini`)
    writeFileSync(outside, '-Dstolen=x')
    rmSync(path.join(context, 'conf/application.ini'))
    symlinkSync(outside, path.join(context, 'conf/application.ini'))
    expect((await find()).command).toEqual(command.slice(2))
    rmSync(outside)
    rmSync(path.join(context, 'conf/application.ini'))
    write('bin/shop', NEW_SBT.replace(`('com.acme.Main')`, '(-jar "$lib_dir/com.acme.shop-launcher.jar")'))
    write('lib/com.acme.shop-launcher.jar', jar({ 'Main-Class': 'com.acme.Main' }))
    expect(await find()).toMatchObject({ mainClass: 'com.acme.Main' })
  })

  test.each(['', 'target/maven-jlink/default', 'build/image', 'build/jpackage/shop/lib/runtime'])(
    'a runtime of jlink or jpackage in %j is refused with what to build instead',
    async (folder) => {
      write(path.join(folder, 'release'), 'JAVA_VERSION="21"')
      write(path.join(folder, 'lib/modules'))
      write(path.join(folder, 'bin/shop'), '#!/bin/sh\n$DIR/java -m com.acme.shop/com.acme.Main "$@"\n')
      for (const from of new Set([context, path.join(context, folder)]))
        await expect(find({ context: from })).rejects.toMatchObject({
          message: expect.stringContaining('is a Java runtime of its own, as jlink and jpackage write it'),
          fix: expect.stringContaining('the jar of the application')
        })
    }
  )

  test('the start script of an older Gradle is read, and what it names in vain is said', async () => {
    write('bin/shop', OLD_GRADLE)
    write('lib/shop.jar', shop())
    expect(await find()).toMatchObject({
      command: ['-cp', '/app/lib/shop.jar', 'com.acme.Main'],
      leftOut: ['The start script names files that are not in the distribution: lib/gone.jar.']
    })
  })

  test('`stage` of sbt, and its archive in `target/universal`', async () => {
    const files = {
      'bin/shop': SBT,
      'lib/com.acme.shop-1.0.jar': shop(),
      'lib/org.scala-lang.scala-library-2.13.jar': jar({}),
      'conf/application.conf': 'a = 1'
    }
    const command = [
      '-Dplay.server.pidfile.path=/dev/null',
      '-cp',
      '/app/conf/:/app/lib/com.acme.shop-1.0.jar:/app/lib/org.scala-lang.scala-library-2.13.jar',
      'com.acme.Main'
    ]
    const archive = Object.entries(files).map(([name, content]) => ({ name: `shop-1.0/${name}`, content }))
    write('target/universal/shop-1.0.zip', zipOf(archive))
    expect((await find()).command).toEqual(command)
    for (const [name, content] of Object.entries(files)) write(`target/universal/stage/${name}`, content)
    const found = await find({ scratch: `${context}-2` })
    expect(found.command).toEqual(command)
    expect(found.description).toContain('in target/universal/stage/')
    rmSync(path.join(context, 'target'), { recursive: true })
    const sbt2 = 'target/out/jvm/scala-3.8.4/shop/universal/stage'
    for (const [name, content] of Object.entries(files)) write(`${sbt2}/${name}`, content)
    for (const given of [{}, { context: path.join(context, 'target') }])
      expect((await find({ ...given, scratch: `${context}-3` })).command).toEqual(command)
  })

  test('several start scripts: the user chooses by script or by main class', async () => {
    write('bin/shop', OLD_GRADLE)
    write('bin/worker', OLD_GRADLE.replace('com.acme.Main', 'com.acme.Worker'))
    write('lib/shop.jar', shop())
    await expect(find()).rejects.toMatchObject({
      evidence: 'bin/shop (com.acme.Main)\nbin/worker (com.acme.Worker)'
    })
    expect(await find({ mainClass: 'com.acme.Worker' })).toMatchObject({
      description: expect.stringContaining('the start script worker')
    })
    expect(await find({ application: 'bin/shop' })).toMatchObject({ mainClass: 'com.acme.Main' })
  })

  test.each([
    ['sbt-assembly', 'target/scala-2.13/shop-assembly-1.0.jar', []],
    ['sbt-assembly with sbt 2', 'target/out/jvm/scala-3.8.4/shop/shop-assembly-1.0.jar', []],
    ['Leiningen', 'target/uberjar/shop-1.0-standalone.jar', ['target/uberjar/shop-1.0.jar']],
    ['Mill', 'out/shop/assembly.dest/out.jar', []],
    ['the Maven assembly', 'target/shop-jar-with-dependencies.jar', ['target/shop.jar']],
    ['the Maven shade plugin', 'target/shop.jar', ['target/original-shop.jar', 'target/shop-sources.jar']],
    ['Gradle with Spring Boot', 'build/libs/shop.jar', ['build/libs/shop-plain.jar']],
    ['Gradle with shadow', 'build/libs/shop-1.0-all.jar', ['build/libs/shop-1.0.jar']]
  ])('%s: %s', async (_, file, others) => {
    for (const one of [file, ...others]) write(one, jar({ 'Main-Class': 'com.acme.Main' }))
    expect((await find()).command).toEqual(['-jar', `/app/${path.basename(file)}`])
  })
})
