import { describe, expect, test } from '@jest/globals'
import { mainClassIn, withoutArgumentFiles } from '../../../src/image/start/argument-files.js'

const read = (files: Record<string, string>) => (file: string) => Promise.resolve(files[file])

describe('argument files of java', () => {
  test("jib's are in the command with their content, and the main class is known", async () => {
    const files = {
      '/app/jib-classpath-file': '/app/resources:/app/classes:/app/libs/a.jar',
      '/app/jib-main-class-file': 'com.acme.Main'
    }
    const words = ['-Xmx64m', '-cp', '@/app/jib-classpath-file', '@/app/jib-main-class-file', '@serve']
    const found = await withoutArgumentFiles(words, read(files))
    expect(found).toEqual(['-Xmx64m', '-cp', files['/app/jib-classpath-file'], 'com.acme.Main', '@serve'])
    expect(mainClassIn(found)).toBe('com.acme.Main')
  })

  test('are split as java splits them', async () => {
    const text = `# options\n-Da='b c' "-Dd=e\\\\f\\"g"\r\n\t-cp\f"/a b":c\n`
    expect(await withoutArgumentFiles(['@x', 'Main'], read({ x: text }))).toEqual([
      ...['-Da=b c', '-Dd=e\\f"g', '-cp', '/a b:c', 'Main']
    ])
  })

  test.each([
    [['@none', '-cp', '@a', 'Main'], { a: 'x' }],
    [['@a', 'Main'], { a: '-Da=b#c' }],
    [['@a', 'Main'], { a: '-Da=b\\c' }],
    [['@a', 'Main'], { a: '"-Da=b' }],
    [['@a', 'Main'], { a: '@b' }],
    [['@a', 'Main'], { a: 'x'.repeat(200_000) }],
    [['@@a', 'Main'], { '@a': 'x', a: 'y' }],
    [['-jar', 'app.jar', '@a'], { a: 'x' }],
    [['--disable-@files', '-cp', '@a', '@b'], { a: 'x', b: 'y' }]
  ])('%j stays as it is, for java or for the application', async (words, files) => {
    expect(await withoutArgumentFiles(words, read(files as unknown as Record<string, string>))).toEqual(words)
  })

  test.each([
    [['-jar', 'app.jar', 'Main'], undefined],
    [['--module=a/b'], undefined],
    [
      ['-cp', 'x', '--add-opens', 'java.base/java.lang=ALL-UNNAMED', '-Da=b', 'com.acme.Main', 'c'],
      'com.acme.Main'
    ],
    [[], undefined]
  ])('the main class of %j is %s', (words, main) => {
    expect(mainClassIn(words)).toBe(main)
  })
})
