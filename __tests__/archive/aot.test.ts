import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { archiveOption, strictOption } from '../../src/archive/archive.js'
import { ROOT } from '../support/inputs.js'
import { jdksOfMachine } from '../support/jdks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A JDK of this machine that can write an AOT cache of a running application: 25.0.3 and newer. */
const jdk = jdksOfMachine().find((home) =>
  readFileSync(path.join(home, 'lib/server/libjvm.so')).includes('AOT.end_recording')
)
const jvmTest = jdk === undefined ? test.skip : test

const CONSTANT = 'password-in-a-class-4711'
const APPLICATION = `
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

public class Main {
    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = IntStream.range(0, 3).mapToObj(i -> "${CONSTANT}".substring(0, 8)).collect(Collectors.joining(" ")).getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        System.out.println("listening on " + server.getAddress().getPort());
    }
}
`

// The scripts of the images with a real JVM, which takes no checkpoints: they train an AOT cache, and start with it.
let home: string
let started: ChildProcess[] = []
temporaryFolder((created) => (home = created))
beforeEach(async () => {
  if (jdk === undefined) return
  for (const folder of ['image', 'checkpoint'])
    for (const name of await readdir(path.join(ROOT, 'docker', folder)))
      await copyFile(path.join(ROOT, 'docker', folder, name), path.join(home, name))
  await writeFile(path.join(home, 'Main.java'), APPLICATION)
  const tool = (name: string, ...args: string[]): string =>
    execFileSync(path.join(jdk, 'bin', name), args, { cwd: home, encoding: 'utf8', stdio: 'pipe' })
  tool('javac', 'Main.java')
  tool('jar', '--create', '--file', 'app.jar', 'Main.class')
  const flags = tool('java', '-XX:+PrintFlagsFinal', '-version').matchAll(/^ *[a-z_]+ +([A-Za-z]+) *=/gm)
  const files = {
    'java-options': '-Xmx128m\n',
    application: `-cp\n${home}/app.jar\nMain\n`,
    arguments: '',
    'jvm-flags': [...flags].map(([, name]) => `${name}\n`).join('')
  }
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(home, name), content)
})
afterEach(() => {
  // The shell forwards it to the JVM.
  for (const child of started) child.kill('SIGTERM')
  started = []
})

/** Runs a script of the image; returns when the application has answered, with the time of that in milliseconds. */
async function start(script: string, args: string[], environment: Record<string, string> = {}) {
  const env = {
    HOME: home,
    JAVA_HOME: jdk,
    PATH: `${jdk}/bin:${process.env['PATH']}`,
    CRAC_RESTORE: 'false',
    ...environment
  }
  const begin = performance.now()
  const child = spawn('sh', [path.join(home, script), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let output = ''
  const port = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString()
      const found = /listening on (\d+)/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('close', () => reject(new Error(output)))
  })
  const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  expect(answer).toBe('password password password')
  return { child, time: performance.now() - begin, output: () => output }
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGTERM')
  await closed
}

jvmTest(
  'an AOT cache of a plain application is made, accepted by the JVM and measured, and has the constants of its classes',
  async () => {
    const folder = path.join(home, 'made')
    const training = await start('train.sh', ['auto'], { CRAC_ARCHIVE_FOLDER: folder })
    const children = `/proc/${training.child.pid}/task/${training.child.pid}/children`
    const jvm = readFileSync(children, 'utf8').trim()
    const env = { PATH: `${jdk}/bin:${process.env['PATH']}`, CRAC_ARCHIVE_FOLDER: folder }
    const { stdout } = spawnSync('sh', [path.join(home, 'dump-archive.sh'), jvm], { env, encoding: 'utf8' })
    expect(stdout).toContain('crac-checkpoint: archive aot\n')
    await stop(training.child)

    const file = path.join(folder, 'classes.aot')
    const { size } = await stat(file)
    // The search for secrets finds it, as the file is not compressed.
    expect((await readFile(file)).includes(CONSTANT)).toBe(true)
    await mkdir(path.join(home, 'archive'))
    await writeFile(path.join(home, 'archive/java-options'), `${archiveOption('aot', file)}\n`)
    await writeFile(path.join(home, 'archive/size'), `${size} ${file}\n`)

    const loads = '-Xlog:class+load:stdout'
    const strict = await start('entrypoint.sh', [], { JAVA_OPTS: `${strictOption('aot')} ${loads}` })
    expect(strict.output()).toMatch(/ Main source: shared objects file/)
    await stop(strict.child)
    const without = await start('entrypoint.sh', [], { JAVA_OPTS: loads, CRAC_ARCHIVE: 'false' })
    expect(without.output()).toMatch(/ Main source: file:/)
    await stop(without.child)

    const times: Record<string, number[]> = { true: [], false: [] }
    for (let run = 0; run < 3; run++)
      for (const [archive, list] of Object.entries(times)) {
        const { child, time } = await start('entrypoint.sh', [], { CRAC_ARCHIVE: archive })
        list.push(Math.round(time))
        await stop(child)
      }
    const median = (list: number[] = []): number => list.sort((a, b) => a - b)[1] ?? NaN
    console.log(
      `AOT cache of ${size} bytes with ${jdk}: ${median(times['true'])} ms, without ${median(times['false'])} ms`
    )
  },
  60_000
)
