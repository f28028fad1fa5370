import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { json, type Handler, type TestServer } from '../support/http-server.js'
import { JDK_ENTRIES, type TarEntry } from '../support/tar.js'
import {
  archive,
  cli,
  download,
  downloads,
  expectFailure,
  expectSuccess,
  folder,
  gitHub,
  lists,
  NAME,
  prepareJdkTests,
  provideArchive,
  server
} from '../support/jdk-command.js'

prepareJdkTests()

describe('crac-checkpoint jdk', () => {
  describe('without a fault', () => {
    test('downloads and verifies; a second run makes one conditional request and downloads nothing', async () => {
      const list = gitHub()
      const api = await server((request, response, count) => {
        if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end()
        else {
          response.setHeader('etag', '"one"')
          list(request, response, count)
        }
      })
      await expectSuccess(await download(api))
      expect([lists(api), downloads(api)]).toEqual([1, 1])
      await rm(path.join(folder, 'output', NAME))
      await expectSuccess(await download(api))
      expect([lists(api), downloads(api)]).toEqual([2, 1])
      expect(api.requests.at(-1)?.headers['if-none-match']).toBe('"one"')
    })

    test('list and resolve print a line, or JSON', async () => {
      const api = await server(gitHub())
      const at = ['--architecture', 'x64', '--github-api-url', api.url]
      expect((await cli(['list', ...at])).stdout).toMatch(
        /^24-crac\+20\topenjdk-24-crac\+20_linux-x64\.tar\.gz\t[0-9a-f]{64}\t/
      )
      expect(JSON.parse((await cli(['list', '--json', ...at])).stdout)).toEqual([
        expect.objectContaining({ name: NAME })
      ])
      expect(
        JSON.parse((await cli(['resolve', '--json', '--java-version', '24', ...at])).stdout)
      ).toMatchObject({ version: '24-crac+20', size: archive.length })
    })

    test('invalid arguments end with the usage and exit code 2, or with a message that names them', async () => {
      expect(await cli([])).toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') })
      expect(await cli(['list', '--distribution', 'temurin'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('one of: crac, zulu, liberica')
      })
      expect(await cli(['list', '--nonsense'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('--nonsense')
      })
    })
  })

  describe('the other vendors', () => {
    const ZULU = 'zulu21.52.17-ca-crac-jdk21.0.99-linux_x64.tar.gz'
    const LIBERICA = 'bellsoft-jdk21.0.99+1-linux-amd64-crac.tar.gz'
    const digest = (algorithm: string): string => createHash(algorithm).update(archive).digest('hex')

    async function vendors(
      changes: { zulu?: object; liberica?: object; github?: Handler } = {}
    ): Promise<TestServer> {
      return await server((request, response, count) => {
        const url = `http://${request.headers.host}`
        const list = (body: object): void => {
          if (request.headers['if-none-match'] === '"one"') response.writeHead(304).end()
          else json(response, [body], { etag: '"one"' })
        }
        if (request.url?.startsWith('/zulu?')) {
          const fields = { sha256_hash: digest('sha256'), size: archive.length, crac_supported: true }
          const version = { java_version: [21, 0, 99], distro_version: [21, 52, 17, 0] }
          list({ name: ZULU, download_url: `${url}/files/x`, ...version, ...fields, ...changes.zulu })
        } else if (request.url?.startsWith('/liberica?')) {
          const numbers = {
            featureVersion: 21,
            interimVersion: 0,
            updateVersion: 99,
            patchVersion: 0,
            buildVersion: 1
          }
          const kind = { bundleType: 'jdk-crac', packageType: 'tar.gz', os: 'linux', GA: true }
          const file = {
            filename: LIBERICA,
            downloadUrl: `${url}/files/x`,
            size: archive.length,
            sha1: digest('sha1')
          }
          list({ version: '21.0.99+1', ...numbers, ...kind, ...file, ...changes.liberica })
        } else if (request.url?.startsWith('/repos/')) {
          ;(changes.github ?? ((_, response) => response.writeHead(404).end('{}')))(request, response, count)
        } else response.writeHead(200).end(archive)
      })
    }
    const run = async (api: TestServer, distribution: string, environment: Record<string, string> = {}) =>
      await download(
        api,
        { AZUL_API_URL: `${api.url}/zulu`, BELLSOFT_API_URL: `${api.url}/liberica`, ...environment },
        ...['--distribution', distribution]
      )

    test.each([
      ['zulu', ZULU],
      ['liberica', LIBERICA]
    ])('%s: a second run makes one conditional request and downloads nothing', async (distribution, name) => {
      const api = await vendors()
      for (const expected of [/downloading/i, /is in the tool cache/]) {
        api.requests.length = 0
        const { code, stderr } = await run(api, distribution)
        expect(code).toBe(0)
        expect(stderr).toMatch(expected)
        expect(await readFile(path.join(folder, 'output', name))).toEqual(archive)
      }
      expect(api.requests.map(({ path, headers }) => [path.split('?')[0], headers['if-none-match']])).toEqual(
        [[`/${distribution}`, '"one"']]
      )
    })

    test('a tool cache that cannot store a response is a warning', async () => {
      await mkdir(path.join(folder, 'cache'), { recursive: true })
      await writeFile(path.join(folder, 'cache/crac-jdk-lookups'), '')
      const { code, stderr } = await run(await vendors(), 'zulu')
      expect(code).toBe(0)
      expect(stderr).toMatch(/warning: The response of 127\S+ could not be stored in the tool cache: /)
    })

    test('a vendor that refuses is not a matter of the token, which it never gets', async () => {
      const api = await server((_, response) => response.writeHead(403).end('blocked'))
      const { code, stderr } = await run(api, 'zulu')
      expect(code).toBe(1)
      expect(stderr).toMatch(/refuses access \(status 403\)[^]*Fix: .*a proxy or a firewall/)
      expect(stderr).not.toContain('github-token')
    })

    test('zulu: one request returns the digests, without the token of GitHub', async () => {
      const api = await vendors()
      const result = await cli(
        ['list', '--distribution', 'zulu', '--architecture', 'x64', '--github-api-url', 'http://127.0.0.1:9'],
        { AZUL_API_URL: `${api.url}/zulu`, GITHUB_TOKEN: 'secret' }
      )
      expect(result.stdout).toContain(digest('sha256'))
      expect(api.requests).toHaveLength(1)
      expect(api.requests[0]?.path).toMatch(
        /lib_c_type=glibc&.*crac_supported=true&.*include_fields=sha256_hash/
      )
      expect(api.requests[0]?.headers.authorization).toBeUndefined()
    })

    test('liberica: a sha1 that differs from the source fails', async () => {
      const api = await vendors({ liberica: { sha1: '0'.repeat(40) } })
      await expectFailure(
        await run(api, 'liberica'),
        `its sha1 is ${digest('sha1')}, but the source has 0000`
      )
    })

    test('liberica: a sha256 that differs from that of the same file on GitHub fails', async () => {
      const release: Handler = (_, response) =>
        json(response, {
          tag_name: '21.0.99+1',
          draft: false,
          assets: [{ name: LIBERICA, digest: `sha256:${'0'.repeat(64)}` }]
        })
      const api = await vendors({ github: release })
      await expectFailure(await run(api, 'liberica'), 'but GitHub has 0000')
      const asked = api.requests.find(({ path }) => path.startsWith('/repos/'))
      expect(asked?.path).toBe('/repos/bell-sw/Liberica/releases/tags/21.0.99%2B1')
    })
  })

  test('a version that does not exist fails with a list of those that do', async () => {
    const api = await server(gitHub())
    await expectFailure(
      await download(api, {}, '--java-version', '17'),
      'No CRaC JDK 17 of the distribution crac exists for Linux on x64',
      'one of: 24-crac+20'
    )
  })

  test('a digest that differs from the source fails at once', async () => {
    const api = await server(gitHub({ asset: { digest: `sha256:${'0'.repeat(64)}` } }))
    await expectFailure(
      await download(api),
      'is not the expected archive',
      `but the source has ${'0'.repeat(64)}`
    )
    expect(downloads(api)).toBe(1)
  })

  test('a digest that differs from `jdk-sha256` fails', async () => {
    const api = await server(gitHub())
    await expectFailure(
      await download(api, {}, '--jdk-sha256', 'f'.repeat(64)),
      `\`jdk-sha256\` has ${'f'.repeat(64)}`
    )
  })

  test('a digest that differs from data/jdk-digests.tsv fails where the source has none', async () => {
    const api = await server(gitHub({ asset: { digest: null } }))
    await expectFailure(
      await download(api),
      'data/jdk-digests.tsv has a23311241b41288054c04580898fc1666a730683b71946d4'
    )
  })

  test('without any digest a warning shows the computed one', async () => {
    const asset = { digest: null, name: 'openjdk-99-crac+1_linux-x64.tar.gz' }
    const api = await server(gitHub({ asset, tag: '99-crac+1' }))
    const run = await download(api)
    expect(run.code).toBe(0)
    expect(run.stderr).toContain(`jdk-sha256: ${createHash('sha256').update(archive).digest('hex')}`)
  })

  test.each<[string, TarEntry]>([
    ['is outside its top folder', { name: 'jdk-21/../../evil' }],
    ['links to /etc/passwd', { name: 'jdk-21/x', type: 'symlink', linkname: '/etc/passwd' }],
    ['is a block-device', { name: 'jdk-21/sda', type: 'block-device' }],
    ['has a setuid bit', { name: 'jdk-21/bin/su', mode: 0o4755, content: 'x' }]
  ])('an archive with an entry that %s is not used', async (message, entry) => {
    await provideArchive([...JDK_ENTRIES, entry])
    await expectFailure(await download(await server(gitHub())), `${NAME} is not used`, message)
  })

  test('a cached archive that changed is not used', async () => {
    const api = await server(gitHub())
    await expectSuccess(await download(api))
    const cached = path.join(folder, 'cache/crac-jdk-archive/24.20.0-crac/x64', NAME)
    await writeFile(cached, 'x'.repeat(archive.length))
    const run = await download(api)
    await expectSuccess(run)
    expect(run.stderr).toContain('warning: The archive in the tool cache is not used')
    expect(await readFile(cached)).toEqual(archive)
  })
})
