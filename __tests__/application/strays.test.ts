import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { refuseStrays } from '../../src/application/strays.js'

describe('refuseStrays', () => {
  let workspace: string
  let context: string
  beforeEach(() => {
    workspace = mkdtempSync(path.join(tmpdir(), 'strays-'))
    context = path.join(workspace, 'build')
    mkdirSync(path.join(context, 'lib'), { recursive: true })
    writeFileSync(path.join(context, 'lib/a.jar'), 'a')
    writeFileSync(path.join(workspace, 'shared.jar'), 's')
  })
  afterEach(() => rmSync(workspace, { recursive: true }))
  const refused = async () => await refuseStrays([path.join(context, 'lib')], [workspace, context])

  test('files, and links inside of the workspace, may go in', async () => {
    symlinkSync('../../shared.jar', path.join(context, 'lib/shared.jar'))
    symlinkSync('a.jar', path.join(context, 'lib/b.jar'))
    await expect(refused()).resolves.toBeUndefined()
  })

  test.each([
    ['/etc/hostname', 'outside of the workspace'],
    ['../../../..', 'outside of the workspace'],
    ['..', 'that it lies in'],
    ['nothing', 'cannot be followed']
  ])('a link to %s may not', async (target, why) => {
    symlinkSync(target, path.join(context, 'lib/x.jar'))
    if (target === '..') symlinkSync('lib/..', path.join(context, 'again'))
    await expect(refused()).rejects.toMatchObject({
      category: 'input',
      message: expect.stringContaining(why)
    })
  })

  test('a pipe may not, and nobody waits for it', async () => {
    execFileSync('mkfifo', [path.join(context, 'lib/pipe.jar')])
    await expect(refused()).rejects.toThrow('neither a file nor a folder')
  })

  test('a folder beside the workspace whose name begins like it is outside', async () => {
    const beside = `${workspace}-secrets`
    mkdirSync(beside)
    symlinkSync(beside, path.join(context, 'lib/x'))
    await expect(refused()).rejects.toThrow('outside of the workspace')
    rmSync(beside, { recursive: true })
  })
})
