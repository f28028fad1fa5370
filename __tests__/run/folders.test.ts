import { expect, test } from '@jest/globals'
import { statSync } from 'node:fs'
import path from 'node:path'
import { foldersIn, makeFolders } from '../../src/run/folders.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
temporaryFolder((created) => (folder = created))

test('the folders of a run are for its user only, and a folder that exists is refused', async () => {
  const run = path.join(folder, 'crac-checkpoint-1')
  await makeFolders(run)
  const { work, logs } = foldersIn(run)
  for (const one of [run, work, logs]) expect((statSync(one).mode & 0o777).toString(8)).toBe('700')
  await expect(makeFolders(run)).rejects.toThrow('EEXIST')
})
