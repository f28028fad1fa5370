import { describe, expect, test } from '@jest/globals'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { furtherFiles } from '../../src/application/further-files.js'
import { findInWorkspace } from '../../src/application/in-workspace.js'
import { parseFileLines } from '../../src/inputs/file-lines.js'
import { writeJar } from '../support/jar.js'
import { quietLog } from '../support/quiet-log.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('the input `files`', () => {
  let workspace: string
  temporaryFolder((created) => {
    workspace = path.join(created, 'workspace')
    const all = [
      'config/app.yml',
      'config/db/pool.yml',
      'config/.git/config',
      'a.jar',
      'x [1].txt',
      'data/d.db'
    ]
    for (const file of all) {
      mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true })
      writeFileSync(path.join(workspace, file), file)
    }
  })

  const placesOf = async (value: string): Promise<Record<string, string>> => {
    const files = await furtherFiles(parseFileLines('files', value), workspace)
    return Object.fromEntries(
      [...files].map(([target, source]) => [target, path.relative(workspace, source)])
    )
  }

  test.each<[string, Record<string, string>]>([
    ['config/app.yml', { '/home/app/config/app.yml': 'config/app.yml' }],
    ['./config/app.yml:app.yml', { '/home/app/app.yml': 'config/app.yml' }],
    ['config/app.yml:conf/', { '/home/app/conf/app.yml': 'config/app.yml' }],
    ['config/app.yml:/app/app.yml', { '/app/app.yml': 'config/app.yml' }],
    [
      'config',
      { '/home/app/config/app.yml': 'config/app.yml', '/home/app/config/db/pool.yml': 'config/db/pool.yml' }
    ],
    [
      'config/:/etc/shop',
      { '/etc/shop/app.yml': 'config/app.yml', '/etc/shop/db/pool.yml': 'config/db/pool.yml' }
    ],
    ['config/*.yml', { '/home/app/config/app.yml': 'config/app.yml' }],
    [
      'config/**/*.yml:conf',
      { '/home/app/conf/app.yml': 'config/app.yml', '/home/app/conf/db/pool.yml': 'config/db/pool.yml' }
    ],
    ['x [1].txt', { '/home/app/x [1].txt': 'x [1].txt' }],
    ['*.{jar,txt}:lib', { '/home/app/lib/a.jar': 'a.jar', '/home/app/lib/x [1].txt': 'x [1].txt' }]
  ])('%s', async (line, expected) => {
    expect(await placesOf(line)).toEqual(expected)
  })

  test('a line without files, and two files at one place, are refused', async () => {
    await expect(placesOf('config/app.yml\nconf/*.yml')).rejects.toThrow('matches conf/*.yml')
    await expect(placesOf('a.jar:x\ndata/d.db:x')).rejects.toThrow('have the same place /home/app/x')
  })

  test.each([
    ['a:../b', 'in the working folder'],
    ['a:b/../../c', 'in the working folder'],
    ['a:/opt/crac-java/lib/x', 'outside of /opt/crac-java'],
    ['a:/opt/crac-checkpoint/snapshot', 'outside of /opt/crac-checkpoint'],
    ['a:/tmp/x', 'outside of /tmp'],
    ['a:b:c', '`source:target`'],
    [':b', '`source:target`'],
    ['a:', '`source:target`']
  ])('%s is refused', (line, fix) => {
    expect(() => parseFileLines('files', line)).toThrow(
      expect.objectContaining({ fix: expect.stringContaining(fix) })
    )
  })

  const inWorkspace = async (files: string, lines: string[] = []) =>
    await findInWorkspace(
      quietLog(lines),
      {
        context: 'target',
        application: undefined,
        mainClass: undefined,
        file: undefined,
        image: undefined,
        jdkFile: undefined,
        warmup: undefined,
        files: parseFileLines('files', files),
        javaOptions: [],
        env: {}
      },
      { workspace, scratch: path.join(workspace, '../scratch') }
    )

  test('a link out of the workspace is refused', async () => {
    mkdirSync(path.join(workspace, 'target'))
    await writeJar(path.join(workspace, 'target/app.jar'), 'Main')
    symlinkSync('/etc/hostname', path.join(workspace, 'config/host.yml'))
    await expect(inWorkspace('config/*.yml')).rejects.toThrow('outside of the workspace')
  })

  test('the log names what the application may read, and what the image does not have', async () => {
    mkdirSync(path.join(workspace, 'target/plugins'), { recursive: true })
    writeFileSync(path.join(workspace, 'target/application-prod.yml'), '')
    const manifest = { 'Main-Class': 'Main', 'Class-Path': 'lib/gone.jar' }
    await writeJar(path.join(workspace, 'target/app.jar'), manifest)
    const lines: string[] = []
    const found = await inWorkspace('data/d.db', lines)
    expect([...(found?.files.keys() ?? [])]).toEqual(['/home/app/data/d.db'])
    expect(lines).toEqual([
      'Found: runnable jar app.jar (Main).',
      'The Class-Path of app.jar names files that are not beside it: lib/gone.jar.',
      'Not in the image: config/, target/application-prod.yml, target/plugins/. If the application reads them when it runs, list them in `files`.'
    ])
  })
})
