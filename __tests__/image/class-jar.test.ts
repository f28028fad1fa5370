import { afterEach, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { openPromise } from 'yauzl'
import { packClasses } from '../../src/image/class-jar.js'
import { jdksOfMachine } from '../support/jdks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
temporaryFolder((created) => (folder = created))

const TIME_ZONE = process.env['TZ']
afterEach(() => {
  process.env['TZ'] = TIME_ZONE ?? 'UTC'
})

async function classes(): Promise<string> {
  const root = path.join(folder, 'classes')
  for (const name of ['META-INF/MANIFEST.MF', 'a/größe.txt', 'a/b/Main.class', 'META-INF/AAA']) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true })
    await writeFile(path.join(root, name), name)
    await utimes(path.join(root, name), 1e9, 1e9)
  }
  return root
}

async function packed(name: string): Promise<Buffer> {
  const jar = path.join(folder, name)
  await packClasses(await classes(), jar)
  return await readFile(jar)
}

interface Entry {
  name: string
  content: string
  method: number
  flags: number
  time: string
}

async function entriesOf(file: string): Promise<Entry[]> {
  const entries: Entry[] = []
  const jar = await openPromise(file, { lazyEntries: true })
  for await (const entry of jar.eachEntry()) {
    const content = entry.fileName.endsWith('/') ? '' : await text(await jar.openReadStreamPromise(entry))
    entries.push({
      name: entry.fileName,
      content,
      method: entry.compressionMethod,
      flags: entry.generalPurposeBitFlag,
      time: entry.getLastModDate({ timezone: 'UTC' }).toISOString()
    })
  }
  return entries
}

test('a jar has the content of the folder, an entry for each folder, and the manifest first', async () => {
  await packed('app.jar')
  const entries = await entriesOf(path.join(folder, 'app.jar'))
  expect(entries.map(({ name }) => name)).toEqual([
    'META-INF/',
    'META-INF/MANIFEST.MF',
    'META-INF/AAA',
    'a/',
    'a/b/',
    'a/b/Main.class',
    'a/größe.txt'
  ])
  const files = entries.filter(({ name }) => !name.endsWith('/'))
  expect(files.map(({ content }) => content)).toEqual(files.map(({ name }) => name))
  // Stored, and with the sizes before the content: java.util.jar.JarInputStream reads nothing else.
  expect(entries.map(({ method, flags }) => [method, flags & 8])).toEqual(entries.map(() => [0, 0]))
})

test('classes and the manifest have a fixed time, and a resource keeps its own, as does the jar', async () => {
  await packed('app.jar')
  const entries = await entriesOf(path.join(folder, 'app.jar'))
  const times = new Map(entries.map(({ name, time }) => [name, time]))
  expect(times.get('a/größe.txt')).toBe('2001-09-09T01:46:40.000Z')
  for (const name of ['a/', 'a/b/Main.class', 'META-INF/MANIFEST.MF'])
    expect(times.get(name)).toBe('1980-02-01T00:00:00.000Z')
  expect((await stat(path.join(folder, 'app.jar'))).mtimeMs).toBe(1e12)
})

test('a new build of the same classes gives the same jar, in every time zone', async () => {
  const first = await packed('first.jar')
  process.env['TZ'] = 'Asia/Tokyo'
  const root = await classes()
  await utimes(path.join(root, 'a/b/Main.class'), 2e9, 2e9)
  await packClasses(root, path.join(folder, 'second.jar'))
  expect((await readFile(path.join(folder, 'second.jar'))).equals(first)).toBe(true)
})

test('a link gives the file that it leads to', async () => {
  const root = await classes()
  await symlink('größe.txt', path.join(root, 'a/link.txt'))
  await packClasses(root, path.join(folder, 'app.jar'))
  const entries = await entriesOf(path.join(folder, 'app.jar'))
  expect(entries).toContainEqual(expect.objectContaining({ name: 'a/link.txt', content: 'a/größe.txt' }))
})

test('an empty folder gives an empty jar', async () => {
  await mkdir(path.join(folder, 'none'))
  await packClasses(path.join(folder, 'none'), path.join(folder, 'none.jar'))
  expect(await entriesOf(path.join(folder, 'none.jar'))).toEqual([])
})

const READS_ITSELF = `
public class Reads {
    public static void main(String[] args) throws Exception {
        var url = Reads.class.getResource("/config/größe.txt");
        System.out.println(url.getProtocol());
        System.out.println(new String(url.openStream().readAllBytes()));
        try {
            System.out.println(java.nio.file.Files.readString(java.nio.file.Path.of(url.toURI())));
        } catch (java.nio.file.FileSystemNotFoundException error) {
            System.out.println("FileSystemNotFoundException");
        }
        try {
            System.out.println(new java.io.File(url.toURI()).exists());
        } catch (IllegalArgumentException error) {
            System.out.println(error.getMessage());
        }
        System.out.println(Reads.class.getProtectionDomain().getCodeSource().getLocation().getProtocol());
    }
}
`

// docs/layouts.md: a class path that was a folder is a jar in the image.
const jdk = jdksOfMachine()[0]
const jvmTest = jdk === undefined ? test.skip : test
jvmTest(
  'of its own resources, an application reads the stream as before, but not a file',
  async () => {
    const root = path.join(folder, 'classes')
    await mkdir(path.join(root, 'config'), { recursive: true })
    await writeFile(path.join(root, 'config/größe.txt'), 'found')
    await writeFile(path.join(folder, 'Reads.java'), READS_ITSELF)
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }
    const run = (program: string, ...args: string[]): string[] =>
      execFileSync(path.join(jdk ?? '', 'bin', program), args, { cwd: folder, encoding: 'utf8', env }).split(
        '\n'
      )
    run('javac', '-encoding', 'UTF-8', '-d', root, 'Reads.java')
    await packClasses(root, path.join(folder, 'classes.jar'))
    expect(run('java', '-cp', root, 'Reads').slice(0, 5)).toEqual(['file', 'found', 'found', 'true', 'file'])
    expect(run('java', '-cp', 'classes.jar', 'Reads').slice(0, 5)).toEqual([
      ...['jar', 'found', 'FileSystemNotFoundException'],
      ...['URI is not hierarchical', 'file']
    ])
  },
  30_000
)
