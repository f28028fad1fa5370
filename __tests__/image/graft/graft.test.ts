import { describe, expect, test } from '@jest/globals'
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pack, type Header } from 'tar-stream'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ExistingImage } from '../../../src/image/existing-image.js'
import { environmentOn, instructionsFor } from '../../../src/image/graft/dockerfile.js'
import { onBaseImage } from '../../../src/image/graft/graft.js'
import { copyKept } from '../../../src/image/graft/kept-files.js'
import { entriesOfTar } from '../../../src/lib/tar-entries.js'
import { fakeDocker } from '../../support/fake-docker.js'
import { quietLog } from '../../support/quiet-log.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

describe('the files of an image', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  const copied = async (entries: [Partial<Header>, string?][]) => {
    const tar = pack()
    for (const [header, content = ''] of entries) tar.entry(header as Header, content)
    tar.finalize()
    const file = path.join(folder, 'kept.tar')
    const found = await copyKept(Readable.from(tar), file, (name) => name.startsWith('/app'))
    const headers: Partial<Header>[] = []
    for await (const { header, ...entry } of entriesOfTar(createReadStream(file))) {
      headers.push(header)
      ;(entry as unknown as Readable).resume?.()
    }
    return { found, headers }
  }

  test('are copied with their times, owners and modes; the size of the others is noted', async () => {
    const of = { uid: 10, gid: 20, mtime: new Date(1_000_000), mode: 0o640 }
    const { found, headers } = await copied([
      [{ name: 'app/', type: 'directory', ...of, mode: 0o750 }],
      [{ name: 'app/a.jar', ...of }, 'jar'],
      [{ name: 'app/liba.so.1', ...of }, ''],
      [{ name: 'app/link', type: 'symlink', linkname: 'a.jar', ...of }],
      [{ name: 'app/same', type: 'link', linkname: 'app/a.jar', ...of }],
      [{ name: 'usr/lib/b.so' }, '12345'],
      [{ name: './usr/lib/c.so' }, '678'],
      [{ name: 'dev/console', type: 'character-device' }]
    ])
    expect(
      headers.map(({ name, type, uid, gid, mode, mtime }) => [name, type, uid, gid, mode, mtime])
    ).toEqual([
      ['app/', 'directory', 10, 20, 0o750, of.mtime],
      ['app/a.jar', 'file', 10, 20, 0o640, of.mtime],
      ['app/liba.so.1', 'file', 10, 20, 0o640, of.mtime],
      ['app/link', 'symlink', 10, 20, 0o640, of.mtime],
      ['app/same', 'link', 10, 20, 0o640, of.mtime]
    ])
    expect(found).toEqual({
      files: 4,
      bytes: 3,
      left: new Map([['/usr/lib', 8]]),
      libraries: ['/app/liba.so.1']
    })
  })

  test('that are hard links to what is left behind are refused', async () => {
    await expect(
      copied([[{ name: 'usr/a' }, 'x'], [{ name: 'app/a', type: 'link', linkname: 'usr/a' }]])
    ).rejects.toThrow('/app/a of the image is a hard link to /usr/a, which is left behind.')
  })
})

test('the variables are those of the application, with the folders of both in PATH', () => {
  const own = { PATH: '/app/bin:/usr/bin', LD_PRELOAD: '/lib/libgcompat.so.0', GIVEN: 'x' }
  expect(environmentOn({ PATH: '/usr/sbin:/usr/bin', LANG: 'C' }, own)).toEqual({
    PATH: '/app/bin:/usr/bin:/usr/sbin',
    GIVEN: 'x'
  })
})

test('PATH has the folders of the system, where neither image sets it', () => {
  expect(environmentOn({}, { PATH: '/app/bin' })['PATH']).toMatch(/^\/app\/bin:.*:\/usr\/sbin:/)
})

test('ports, volumes, the signal and the health check are kept', () => {
  const Healthcheck = { Test: ['CMD-SHELL', 'a "b" || exit 1\n'], Interval: 3e10, Retries: 2 }
  const Volumes = { '/data': {} }
  const ExposedPorts = { '8080/tcp': {}, '1\nRUN x': {} }
  expect(instructionsFor({ ExposedPorts, Volumes, StopSignal: 'SIGINT', Healthcheck })).toEqual([
    'EXPOSE 8080/tcp',
    'VOLUME ["/data"]',
    'STOPSIGNAL SIGINT',
    'HEALTHCHECK --interval=30000000000ns --retries=2 CMD ["/bin/sh","-c","a \\"b\\" || exit 1\\n"]'
  ])
  expect(instructionsFor({ Healthcheck: { Test: ['NONE'] } })).toEqual(['HEALTHCHECK NONE'])
  expect(instructionsFor({})).toEqual([])
})

describe('an application on the base image', () => {
  let work: string
  temporaryFolder((created) => (work = created))

  const archiveOf = async (files: Record<string, string>): Promise<string> => {
    const tar = pack()
    for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
    tar.finalize()
    return (await buffer(tar)).toString('latin1')
  }

  const given = (changed: Partial<ExistingImage['config']> = {}): ExistingImage => ({
    ...{ reference: 'a:1', id: 'sha256:1', digest: 'sha256:2', repositoryDigests: ['a@sha256:2'] },
    ...{ recording: undefined, javaVersion: { kind: 'latest' }, user: undefined, workingDirectory: '/app' },
    lack: 'has musl (Alpine)',
    application: { command: ['-jar', 'a.jar'] } as unknown as ExistingImage['application'],
    java: { home: '/opt/java', version: 21, name: '21', trustStore: '/opt/java/lib/security/cacerts' },
    config: { ...{ Env: ['PATH=/app/bin', 'GIVEN=a "b" $c'], Labels: { team: 'a b' } }, ...changed }
  })
  const base = {
    ...{ image: 'base:1', digest: 'sha256:3', repositoryDigests: ['base@sha256:3'] },
    environment: { PATH: '/usr/bin' }
  }

  test('has its files, certificates, variables and labels; the log has what is left behind', async () => {
    const image = await archiveOf({ 'app/a.jar': 'jar', 'usr/lib/x.so': '12345', 'app/x.so': '' })
    const docker = fakeDocker(async ([command, ...args]) => {
      if (command === 'cp') await writeFile(args.at(-1) ?? '', 'certificates')
      return command === 'export' ? image : ''
    })
    const lines: string[] = []
    const context = { docker, id: '1', work, log: quietLog(lines) }
    const found = await onBaseImage(context, given(), { base, user: { uid: 1, gid: 2 } })
    expect(found.base).toEqual({
      image: 'crac-checkpoint/run-1:user',
      ...{ workingDirectory: '/app', digest: 'sha256:2', ground: 'sha256:3' },
      environment: { PATH: '/app/bin:/usr/bin', GIVEN: 'a "b" $c' },
      repositoryDigests: ['base@sha256:3'],
      given: { reference: 'a:1', labels: { team: 'a b' }, trustStore: '/opt/crac-cacerts/cacerts' }
    })
    expect(await readFile(path.join(work, 'graft-1/Dockerfile'), 'utf8')).toBe(
      [
        ...['FROM base:1', 'ENV GIVEN="a \\"b\\" \\$c"', 'ENV PATH="/app/bin:/usr/bin"', 'ADD kept.tar /'],
        'COPY cacerts /opt/crac-cacerts/cacerts\n'
      ].join('\n')
    )
    expect(await readFile(path.join(work, 'graft-1/cacerts'), 'utf8')).toBe('certificates')
    const build = docker.calls.find(({ args }) => args[0] === 'build')?.args
    expect(build).toEqual(expect.arrayContaining(['--label', 'team=a b']))
    expect(docker.calls.map(({ args }) => args[0])).not.toContain('start')
    expect(lines.join('\n')).toContain('Left behind: /usr/lib (5 bytes).')
    expect(lines.join('\n')).toContain('Native libraries that may need musl: /app/x.so.')
  })

  test('is refused with a variable of several lines', async () => {
    const image = given({ Env: ['KEY=a\nRUN b'] })
    const context = { docker: fakeDocker(() => ''), id: '1', work, log: quietLog() }
    await expect(onBaseImage(context, image, { base, user: { uid: 1, gid: 2 } })).rejects.toThrow(
      'The image a:1 has musl (Alpine); and it sets the variable KEY to several lines'
    )
  })
})
