import { beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findInWorkspace, refuseOutsideFiles } from '../../src/application/in-workspace.js'
import { quietLog } from '../support/quiet-log.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('refuseOutsideFiles', () => {
  let workspace: string
  let context: string
  temporaryFolder((created) => (workspace = created))
  beforeEach(() => {
    context = path.join(workspace, 'build')
    mkdirSync(path.join(context, 'lib'), { recursive: true })
    writeFileSync(path.join(context, 'lib/a.jar'), 'a')
    writeFileSync(path.join(workspace, 'shared.jar'), 's')
  })
  const refused = async () => await refuseOutsideFiles([path.join(context, 'lib')], [workspace, context])

  test('accepts files, and links inside of the workspace', async () => {
    symlinkSync('../../shared.jar', path.join(context, 'lib/shared.jar'))
    symlinkSync('a.jar', path.join(context, 'lib/b.jar'))
    await expect(refused()).resolves.toBeUndefined()
  })

  test.each([
    ['/etc/hostname', 'outside of the workspace'],
    ['../../../..', 'outside of the workspace'],
    ['..', 'that contains it'],
    ['nothing', 'cannot be followed']
  ])('refuses a link to %s', async (target, why) => {
    symlinkSync(target, path.join(context, 'lib/x.jar'))
    if (target === '..') symlinkSync('lib/..', path.join(context, 'again'))
    await expect(refused()).rejects.toMatchObject({
      category: 'input',
      message: expect.stringContaining(why)
    })
  })

  test('refuses a pipe, without waiting for a writer', async () => {
    execFileSync('mkfifo', [path.join(context, 'lib/pipe.jar')])
    await expect(refused()).rejects.toThrow('neither a file nor a folder')
  })

  test('refuses a link to a folder whose path begins like that of the workspace', async () => {
    const beside = `${workspace}-secrets`
    mkdirSync(beside)
    symlinkSync(beside, path.join(context, 'lib/x'))
    await expect(refused()).rejects.toThrow('outside of the workspace')
    rmSync(beside, { recursive: true })
  })
})

describe('findInWorkspace', () => {
  let workspace: string
  let outside: string
  temporaryFolder((created) => {
    workspace = path.join(created, 'workspace')
    outside = path.join(created, 'outside.json')
    mkdirSync(workspace)
    writeFileSync(outside, 'x')
  })
  interface Given {
    body?: string
    jdkFile?: string
    file?: string
    resourcePolicies?: { file: string }
  }
  const find = async ({ body, jdkFile, file = 'Dockerfile', resourcePolicies }: Given): Promise<unknown> => {
    const warmup = body === undefined ? undefined : [{ body: { file: body } }]
    const inputs = {
      context: '.',
      application: undefined,
      mainClass: undefined,
      file,
      image: undefined,
      warmup,
      files: [],
      javaOptions: [],
      env: {},
      ...{ jdkFile, resourcePolicies }
    }
    writeFileSync(path.join(workspace, 'Dockerfile'), 'FROM scratch')
    return await findInWorkspace(quietLog([], []), inputs, { workspace, scratch: workspace })
  }

  test.each(['../outside.json', '/etc/hostname', 'order.json'])(
    'refuses the body @%s of a warm-up, which is outside of the workspace',
    async (body) => {
      symlinkSync(outside, path.join(workspace, 'order.json'))
      await expect(find({ body })).rejects.toThrow('which is outside of the workspace')
    }
  )

  test.each<[string, Given]>([
    ['file', { file: 'none' }],
    ['jdk-file', { jdkFile: 'none' }],
    ['jdk-file', { jdkFile: '/none' }],
    ['resource-policies', { resourcePolicies: { file: 'none' } }],
    ['warmup', { body: 'none' }]
  ])('names the input `%s` whose file does not exist', async (input, given) => {
    await expect(find(given)).rejects.toMatchObject({
      message: expect.stringMatching(`^Invalid input \`${input}\`: /\\S*none does not exist\\.$`),
      fix: expect.stringContaining('relative to the workspace')
    })
  })

  test('refuses a link for `jdk-file` that leads out of the workspace, and accepts a file outside', async () => {
    symlinkSync(outside, path.join(workspace, 'jdk.tar.gz'))
    await expect(find({ jdkFile: 'jdk.tar.gz' })).rejects.toThrow('which is outside of the workspace')
    await expect(find({ jdkFile: outside })).resolves.toBeUndefined()
  })
})
