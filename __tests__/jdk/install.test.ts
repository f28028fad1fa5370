import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startGitHubStandIn, type StandIn, type StandInOptions } from '../../lab/github-api/server.js'
import { chooseAsset, type JdkAsset } from '../../src/jdk/crac-releases.js'
import { listReleases } from '../../src/jdk/github.js'
import { installJdk, type InstallOptions } from '../../src/jdk/install.js'

const NAME = 'openjdk-24-crac+20_linux-x64.tar.gz'
const CONTENT = 'not really a JDK'
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')

describe('a JDK through the GitHub API', () => {
  let folder: string
  let api: StandIn | undefined
  const lines: string[] = []

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'install-test-'))
    await writeFile(path.join(folder, NAME), CONTENT)
    process.env['RUNNER_TOOL_CACHE'] = path.join(folder, 'cache')
    process.env['RUNNER_TEMP'] = folder
    lines.length = 0
  })
  afterEach(async () => {
    await api?.close()
    await rm(folder, { recursive: true })
  })

  async function resolve(options: Partial<StandInOptions> = {}, token?: string): Promise<JdkAsset> {
    api = await startGitHubStandIn({
      assets: [{ tag: '24-crac+20', name: NAME, file: path.join(folder, NAME) }],
      ...options
    })
    const releases = await listReleases({ apiUrl: new URL(api.url), token })
    return chooseAsset(releases, { kind: 'latest' }, 'x64')
  }

  async function install(asset: JdkAsset, changes: Partial<InstallOptions> = {}) {
    const downloads = await mkdtemp(path.join(folder, 'downloads-'))
    const options = {
      jdkSha256: undefined,
      token: undefined,
      temporaryFolder: downloads,
      info: (line: string) => lines.push(line),
      warning: (line: string) => lines.push(`warning: ${line}`)
    }
    try {
      return await installJdk(asset, { ...options, ...changes })
    } finally {
      expect(await readdir(downloads)).toEqual([])
    }
  }

  test('is downloaded as octet stream, verified, and kept in the tool cache', async () => {
    const asset = await resolve()
    const first = await install(asset)
    expect(first).toMatchObject({ sha256: SHA256, cached: false })
    expect(await readFile(first.file, 'utf8')).toBe(CONTENT)
    const second = await install(asset)
    expect(second).toMatchObject({ file: first.file, sha256: SHA256, cached: true })
    expect(api?.requests.filter((request) => request.path.startsWith('/storage/'))).toHaveLength(1)
  })

  test('the token goes to the API, and not to the host that it redirects to', async () => {
    await install(await resolve({}, 'secret'), { token: 'secret' })
    const sent = api?.requests.map((request) => [
      request.path.split('/')[1],
      request.authorization !== undefined
    ])
    expect(sent).toEqual([
      ['repos', true],
      ['repos', true],
      ['storage', false]
    ])
  })

  test('an archive of another digest is refused, and nothing is kept', async () => {
    const asset = await resolve()
    const other = { ...asset, sha256: '0'.repeat(64) }
    await expect(install(other)).rejects.toMatchObject({
      kind: 'jdk',
      message: expect.stringContaining('sha256')
    })
    expect(existsSync(path.join(folder, 'cache'))).toBe(false)
  })

  test('an archive of another size is refused', async () => {
    const asset = await resolve()
    await expect(install({ ...asset, size: asset.size + 1 })).rejects.toThrow('bytes where the release has')
  })

  test('the digest that the user demands is checked as well', async () => {
    const asset = await resolve({ withoutDigests: true })
    await expect(install(asset, { jdkSha256: '0'.repeat(64) })).rejects.toThrow('`jdk-sha256` demands')
    expect(await install(asset, { jdkSha256: SHA256 })).toMatchObject({ sha256: SHA256 })
    expect(lines.join()).not.toContain('warning')
  })

  test('without any digest a warning shows the one that was computed', async () => {
    await install(await resolve({ withoutDigests: true }))
    expect(lines.join('\n')).toContain(`jdk-sha256: ${SHA256}`)
  })

  test('a cached archive that changed is not used', async () => {
    const asset = await resolve()
    const { file } = await install(asset)
    await writeFile(file, 'x'.repeat(CONTENT.length))
    expect(await install(asset)).toMatchObject({ cached: false, sha256: SHA256 })
    expect(lines.join('\n')).toContain('warning: The archive in the tool cache is not used')
  })

  test('the rate limit is told with its end and its cure', async () => {
    await expect(resolve({ requestLimit: 0 })).rejects.toMatchObject({
      kind: 'runner',
      message: expect.stringMatching(/rate limit is used up until \d{4}-/),
      cure: expect.stringContaining('github-token')
    })
  })
})
