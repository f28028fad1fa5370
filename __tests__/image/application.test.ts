import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findApplication } from '../../src/image/application.js'
import { writeJar } from '../support/jar.js'

describe('findApplication', () => {
  let context: string
  beforeEach(async () => {
    context = await mkdtemp(path.join(tmpdir(), 'application-test-'))
  })
  afterEach(async () => {
    await rm(context, { recursive: true })
  })

  async function micronautLayers(): Promise<void> {
    for (const folder of ['app', 'libs', 'project_libs', 'resources'])
      await mkdir(path.join(context, 'layers', folder), { recursive: true })
    await writeJar(path.join(context, 'layers/app/application.jar'), 'example.Application')
  }

  test.each(['.', 'layers'])('finds Micronaut layers, also from %s', async (application) => {
    await micronautLayers()
    const found = await findApplication(context, application)
    expect(found).toMatchObject({
      layout: 'micronaut-layers',
      mainClass: 'example.Application',
      command: ['-jar', '/app/application.jar']
    })
    expect([...found.dependencies.values()]).toEqual(['libs', 'project_libs'])
    expect([...found.classes.values()]).toEqual(['.', 'resources'])
  })

  test('finds the one runnable jar among others', async () => {
    await writeJar(path.join(context, 'app.jar'), 'com.example.Main')
    await writeJar(path.join(context, 'app-plain.jar'), undefined)
    await writeFile(path.join(context, 'broken.jar'), 'no zip')
    expect(await findApplication(context, undefined)).toMatchObject({
      layout: 'jar',
      mainClass: 'com.example.Main',
      command: ['-jar', '/app/app.jar']
    })
  })

  test('`application` chooses among several', async () => {
    await writeJar(path.join(context, 'a.jar'), 'A')
    await writeJar(path.join(context, 'b.jar'), 'B')
    await expect(findApplication(context, undefined)).rejects.toMatchObject({
      kind: 'input',
      evidence: 'a.jar\nb.jar'
    })
    expect(await findApplication(context, 'b.jar')).toMatchObject({ mainClass: 'B' })
  })

  test('a long Main-Class goes over two lines of the manifest', async () => {
    const name = `com.example.${'x'.repeat(100)}`
    await writeJar(path.join(context, 'app.jar'), name)
    expect(await findApplication(context, undefined)).toMatchObject({ mainClass: name })
  })

  test('nothing to run: the message shows what is there', async () => {
    await writeFile(path.join(context, 'readme.txt'), '')
    await expect(findApplication(context, undefined)).rejects.toMatchObject({
      kind: 'input',
      evidence: 'What is there:\nreadme.txt'
    })
  })

  test.each(['../..', '/etc', 'x/../../y'])(
    'refuses %s, which leads out of the context',
    async (application) => {
      await expect(findApplication(context, application)).rejects.toThrow('leads out of the context')
    }
  )

  test('refuses a context that is not there', async () => {
    await expect(findApplication(path.join(context, 'none'), undefined)).rejects.toThrow('is not a folder')
  })

  test('ends with a clear message where `application` is a pipe', async () => {
    execFileSync('mkfifo', [path.join(context, 'pipe.jar')])
    await symlink('pipe.jar', path.join(context, 'link.jar'))
    await expect(findApplication(context, 'link.jar')).rejects.toThrow('No application was found')
  })
})
