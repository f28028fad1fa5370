import { afterEach, beforeEach, expect, jest } from '@jest/globals'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { json, serve, type Handler, type TestServer } from './http-server.js'
import { ROOT } from './inputs.js'
import { JDK_ENTRIES, writeTar, type TarEntry } from './tar.js'

// `crac-checkpoint jdk` as a process of dist/cli.cjs, against loopback servers.

export const NAME = 'openjdk-24-crac+20_linux-x64.tar.gz'
const RELEASES = '/repos/CRaC/openjdk-builds/releases'

export interface Run {
  code: number | null
  stdout: string
  stderr: string
  seconds: number
}

export let folder: string
/** Archive that the servers of the current test provide. */
export let archive: Buffer
export const servers: { close(): Promise<void> }[] = []

/** Provides each test of a file with a folder and an archive. */
export function prepareJdkTests(): void {
  jest.setTimeout(30_000)
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'jdk-process-test-'))
    await mkdir(path.join(folder, 'output'))
    await mkdir(path.join(folder, 'temporary'))
    await provideArchive(JDK_ENTRIES)
  })
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()))
    await rm(folder, { recursive: true })
  })
}

export async function provideArchive(entries: TarEntry[]): Promise<void> {
  await writeTar(path.join(folder, 'source.tar.gz'), entries)
  archive = await readFile(path.join(folder, 'source.tar.gz'))
}

export async function server(handler: Handler, tls?: Parameters<typeof serve>[1]): Promise<TestServer> {
  const started = await serve(handler, tls)
  servers.push(started)
  return started
}

/** A GitHub API that works: a list of one release, and its archive. */
export function gitHub(
  changes: { asset?: object; archive?: Handler; tag?: string; scheme?: 'https' } = {}
): Handler {
  const releases: Handler = (request, response) => {
    const asset = {
      id: 1,
      url: `${changes.scheme ?? 'http'}://${request.headers.host}/asset`,
      name: NAME,
      state: 'uploaded',
      size: archive.length,
      digest: `sha256:${createHash('sha256').update(archive).digest('hex')}`,
      ...changes.asset
    }
    json(response, [{ tag_name: changes.tag ?? '24-crac+20', draft: false, assets: [asset] }])
  }
  const file: Handler = (_, response) =>
    response.writeHead(200, { 'content-length': archive.length }).end(archive)
  return (request, response, count) => {
    const isList = request.url?.startsWith(RELEASES) ?? false
    ;(isList ? releases : (changes.archive ?? file))(request, response, count)
  }
}

export async function cli(args: string[], environment: Record<string, string> = {}): Promise<Run> {
  const begin = Date.now()
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/cli.cjs'), 'jdk', ...args], {
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        TMPDIR: path.join(folder, 'temporary'),
        RUNNER_TOOL_CACHE: path.join(folder, 'cache'),
        // 0.3 s for a try.
        CRAC_CHECKPOINT_PATIENCE: '0.01',
        ...environment
      },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output, seconds: (Date.now() - begin) / 1000 }))
  })
}
export const download = async (
  api: TestServer | string,
  environment: Record<string, string> = {},
  ...more: string[]
) =>
  await cli(
    [
      'download',
      ...['--architecture', 'x64', '--github-api-url', typeof api === 'string' ? api : api.url],
      ...['--output', path.join(folder, 'output'), ...more]
    ],
    environment
  )

/** A failure has exit code 1, its message, and leaves no file and no cached archive. */
export async function expectFailure(run: Run, ...messages: (string | RegExp)[]): Promise<void> {
  for (const message of messages) expect(run.stderr).toMatch(message)
  expect(run.stderr).toContain('Fix: ')
  expect(run.stderr).not.toMatch(/^\s+at /m)
  expect(run.code).toBe(1)
  expect(run.stdout).toBe('')
  expect(await readdir(path.join(folder, 'output'))).toEqual([])
  expect(await readdir(path.join(folder, 'temporary'))).toEqual([])
  expect(existsSync(path.join(folder, 'cache/crac-jdk-archive'))).toBe(false)
}
export async function expectSuccess(run: Run): Promise<void> {
  expect(run.stderr).not.toContain('Fix: ')
  expect(run.code).toBe(0)
  expect(await readFile(path.join(folder, 'output', NAME))).toEqual(archive)
  expect(await readdir(path.join(folder, 'temporary'))).toEqual([])
}
export const lists = (api: TestServer): number =>
  api.requests.filter(({ path }) => path.startsWith(RELEASES)).length
export const downloads = (api: TestServer): number => api.requests.length - lists(api)
