import { afterEach, beforeEach } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Creates an empty folder before each test of the enclosing block, and removes it afterwards. */
export function temporaryFolder(use: (folder: string) => void): void {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'crac-checkpoint-unit-'))
    use(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
}
