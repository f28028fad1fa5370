import { expect, test } from '@jest/globals'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { writeArchiveTree } from '../../src/image/archive-tree.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
temporaryFolder((created) => (folder = created))

test('an archive has a tree with its option and size; without one the option is empty', async () => {
  const inTree = path.join(folder, 'trees/archive/opt/crac-checkpoint/archive')
  const read = async (name: string): Promise<string> => await readFile(path.join(inTree, name), 'utf8')
  await writeArchiveTree(folder, undefined)
  expect(await readdir(inTree)).toEqual(['java-options'])
  expect(await read('java-options')).toBe('')

  await writeFile(path.join(folder, 'classes.cds'), '0123456789')
  const archive = { file: path.join(folder, 'classes.cds'), option: (file: string) => `-XX:File=${file}` }
  await writeArchiveTree(folder, archive)
  expect(await read('java-options')).toBe('-XX:File=/opt/crac-checkpoint/archive/classes.cds\n')
  expect(await read('size')).toBe('10 /opt/crac-checkpoint/archive/classes.cds\n')
  expect((await stat(path.join(inTree, 'classes.cds'))).mtime.getUTCFullYear()).toBeLessThan(2000)

  await writeArchiveTree(folder, undefined)
  expect(await readdir(inTree)).toEqual(['java-options'])
})
