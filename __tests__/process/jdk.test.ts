import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { json, serve, type Handler, type TestServer } from '../support/http-server.js'
import { ROOT } from '../support/inputs.js'
import { JDK_ENTRIES, writeTar, type TarEntry } from '../support/tar.js'

// dist/cli.cjs as a process, against loopback servers.
jest.setTimeout(30_000)

const NAME = 'openjdk-24-crac+20_linux-x64.tar.gz'
const RELEASES = '/repos/CRaC/openjdk-builds/releases'

interface Run {
  code: number | null
  stdout: string
  stderr: string
  seconds: number
}

describe('crac-checkpoint jdk', () => {
  let folder: string
  let archive: Buffer
  const servers: { close(): Promise<void> }[] = []

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'jdk-process-test-'))
    await mkdir(path.join(folder, 'output'))
    await mkdir(path.join(folder, 'temporary'))
    archive = await tar(JDK_ENTRIES)
  })
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()))
    await rm(folder, { recursive: true })
  })

  async function tar(entries: TarEntry[]): Promise<Buffer> {
    await writeTar(path.join(folder, 'source.tar.gz'), entries)
    return await readFile(path.join(folder, 'source.tar.gz'))
  }

  async function server(handler: Handler, tls?: Parameters<typeof serve>[1]): Promise<TestServer> {
    const started = await serve(handler, tls)
    servers.push(started)
    return started
  }

  /** A GitHub API that works: a list of one release, and its archive. */
  function gitHub(changes: { asset?: object; archive?: Handler; releases?: Handler } = {}): Handler {
    const releases: Handler = (request, response) => {
      const asset = {
        id: 1,
        url: `http://${request.headers.host}/asset`,
        name: NAME,
        state: 'uploaded',
        size: archive.length,
        digest: `sha256:${createHash('sha256').update(archive).digest('hex')}`,
        ...changes.asset
      }
      json(response, [{ tag_name: '24-crac+20', draft: false, assets: [asset] }])
    }
    const file: Handler = (_, response) =>
      response.writeHead(200, { 'content-length': archive.length }).end(archive)
    return (request, response, count) => {
      const isList = request.url?.startsWith(RELEASES) ?? false
      ;(isList ? (changes.releases ?? releases) : (changes.archive ?? file))(request, response, count)
    }
  }

  async function cli(args: string[], environment: Record<string, string> = {}): Promise<Run> {
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
  const download = async (
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
  async function expectFailure(run: Run, ...messages: (string | RegExp)[]): Promise<void> {
    for (const message of messages) expect(run.stderr).toMatch(message)
    expect(run.stderr).toContain('Fix: ')
    expect(run.stderr).not.toMatch(/^\s+at /m)
    expect(run.code).toBe(1)
    expect(run.stdout).toBe('')
    expect(await readdir(path.join(folder, 'output'))).toEqual([])
    expect(await readdir(path.join(folder, 'temporary'))).toEqual([])
    expect(existsSync(path.join(folder, 'cache/crac-jdk-archive'))).toBe(false)
  }
  async function expectSuccess(run: Run): Promise<void> {
    expect(run.stderr).not.toContain('Fix: ')
    expect(run.code).toBe(0)
    expect(await readFile(path.join(folder, 'output', NAME))).toEqual(archive)
    expect(await readdir(path.join(folder, 'temporary'))).toEqual([])
  }
  const lists = (api: TestServer): number =>
    api.requests.filter(({ path }) => path.startsWith(RELEASES)).length
  const downloads = (api: TestServer): number => api.requests.length - lists(api)

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
      ).toMatchObject({
        version: '24-crac+20',
        size: archive.length
      })
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

    /** The APIs of Azul, BellSoft and GitHub in one, with ETags. */
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

    test('zulu: one request returns the digests, without the token of GitHub', async () => {
      const api = await vendors()
      const result = await cli(
        ['list', '--distribution', 'zulu', '--architecture', 'x64', '--github-api-url', 'http://127.0.0.1:9'],
        {
          AZUL_API_URL: `${api.url}/zulu`,
          GITHUB_TOKEN: 'secret'
        }
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

  describe('a rate limit', () => {
    const limited =
      (headers: Record<string, string>): Handler =>
      (_, response) =>
        response
          .writeHead(403, { 'content-type': 'application/json', ...headers })
          .end(readFileSync(path.join(ROOT, '__tests__/fixtures/github-error-403-rate-limit.json')))

    test('fails at once when the limit ends late, and names its end and `github-token`', async () => {
      const reset = Math.floor(Date.now() / 1000) + 1800
      const api = await server(limited({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }))
      const run = await download(api)
      await expectFailure(run, `used up until ${new Date(reset * 1000).toISOString()}`, 'Set `github-token`')
      expect(api.requests).toHaveLength(1)
    })

    const soon = (): string => String(Math.ceil(Date.now() / 1000) + 2)
    test.each<[string, number, () => Record<string, string>]>([
      ['403 with retry-after', 403, () => ({ 'retry-after': '1' })],
      ['429 with retry-after', 429, () => ({ 'retry-after': '1' })],
      [
        '403 with x-ratelimit-reset',
        403,
        () => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': soon() })
      ]
    ])('is waited for when it ends soon (%s)', async (_, status, headers) => {
      const works = gitHub()
      const secondary = readFileSync(path.join(ROOT, '__tests__/fixtures/github-error-403-secondary.json'))
      const api = await server((request, response, count) => {
        if (count > 1) works(request, response, count)
        else response.writeHead(status, headers()).end(secondary)
      })
      const run = await download(api)
      await expectSuccess(run)
      expect(run.seconds).toBeGreaterThanOrEqual(1)
    })

    test('does not suggest a token when one is set', async () => {
      const api = await server(limited({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }))
      await expectFailure(
        await download(api, { GITHUB_TOKEN: 'secret' }),
        'Run the job again after that time'
      )
    })
  })

  test('404 is not retried, and the message names the request', async () => {
    const api = await server((_, response) =>
      response.writeHead(404).end(readFileSync(path.join(ROOT, '__tests__/fixtures/github-error-404.json')))
    )
    await expectFailure(
      await download(api),
      'The releases of CRaC/openjdk-builds could not be read',
      'status 404'
    )
    expect(api.requests).toHaveLength(1)
  })

  test('a version that does not exist fails with a list of those that do', async () => {
    const api = await server(gitHub())
    await expectFailure(
      await download(api, {}, '--java-version', '17'),
      'No CRaC JDK 17 of the distribution crac for Linux on x64',
      'one of: 24-crac+20'
    )
  })

  test.each([500, 502, 503])('%d is retried, and the third try works', async (status) => {
    const works = gitHub()
    const api = await server((request, response, count) => {
      if (count > 2) works(request, response, count)
      else response.writeHead(status).end('<html>Unicorn</html>')
    })
    await expectSuccess(await download(api))
  })

  test('503 on every try fails after four tries, with the status', async () => {
    const api = await server((_, response) => response.writeHead(503).end('down'))
    await expectFailure(await download(api), 'responds with status 503')
    expect(api.requests).toHaveLength(4)
  })

  test('a connection reset is retried', async () => {
    const works = gitHub()
    const api = await server((request, response, count) => {
      if (count > 1) works(request, response, count)
      else request.socket.destroy()
    })
    await expectSuccess(await download(api))
  })

  test('uses the cached response of an earlier run, with a warning, when the API is down', async () => {
    let down = false
    const works = gitHub()
    const api = await server((request, response, count) => {
      if (down) response.writeHead(503).end()
      else works(request, response, count)
    })
    await expectSuccess(await download(api))
    down = true
    await rm(path.join(folder, 'output', NAME))
    const run = await download(api)
    await expectSuccess(run)
    expect(run.stderr).toMatch(
      /warning: .* responds with status 503\. Using the cached response of an earlier run/
    )
  })

  test('an API that hangs fails after four tries', async () => {
    const api = await server(() => undefined)
    const run = await download(api)
    await expectFailure(run, 'timed out after 0.3 s')
    expect(api.requests).toHaveLength(4)
    expect(run.seconds).toBeLessThan(10)
  })

  test('a download that stalls fails', async () => {
    const stall: Handler = (_, response) =>
      void response.writeHead(200, { 'content-length': 1000 }).write('x')
    const api = await server(gitHub({ asset: { size: 1000 }, archive: stall }))
    await expectFailure(await download(api), 'no data for 0.3 s')
  })

  test.each([
    ['HTML', 'text/html', '<html>Please log in</html>', 'text/html instead of JSON'],
    ['broken JSON', 'application/json', '[{"tag_name": "24', 'broken JSON']
  ])('%s in place of JSON fails with its type and its first bytes', async (_, type, body, message) => {
    const api = await server((_, response) => response.writeHead(200, { 'content-type': type }).end(body))
    await expectFailure(await download(api), message, body)
  })

  test('an incomplete download is retried once', async () => {
    let tries = 0
    const breaking: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': archive.length })
      if (++tries > 1) response.end(archive)
      else response.write(archive.subarray(0, 10), () => response.destroy())
    }
    await expectSuccess(await download(await server(gitHub({ archive: breaking }))))
    expect(tries).toBe(2)
  })

  test('a download that is incomplete twice fails, and leaves no file', async () => {
    const short: Handler = (_, response) => response.writeHead(200).end(archive.subarray(0, 10))
    const api = await server(gitHub({ archive: short }))
    await expectFailure(await download(api), `it has 10 bytes, but the source has ${archive.length}`)
    expect(downloads(api)).toBe(2)
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
    const works = gitHub({ asset: { digest: null, name: 'openjdk-99-crac+1_linux-x64.tar.gz' } })
    const api = await server(
      gitHub({
        releases: (request, response, count) => {
          const end = response.end.bind(response)
          response.end = ((text: string) =>
            end(text.replace('24-crac+20', '99-crac+1'))) as typeof response.end
          works(request, response, count)
        }
      })
    )
    const run = await download(api)
    expect(run.code).toBe(0)
    expect(run.stderr).toContain(`jdk-sha256: ${createHash('sha256').update(archive).digest('hex')}`)
  })

  describe('redirects', () => {
    test('do not receive the token of the API', async () => {
      const storage = await server((_, response) => response.writeHead(200).end(archive))
      const redirect: Handler = (_, response) =>
        response.writeHead(302, { location: `${storage.url}/signed` }).end()
      const api = await server(gitHub({ archive: redirect }))
      await expectSuccess(await download(api, { GITHUB_TOKEN: 'secret' }))
      expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
        'token secret',
        'Bearer secret'
      ])
      expect(api.requests.at(-1)?.headers.accept).toBe('application/octet-stream')
      expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
    })

    test('a request with a refused token is sent again without it', async () => {
      const works = gitHub()
      const api = await server((request, response, count) => {
        if (request.headers.authorization) response.writeHead(401).end('{"message":"Bad credentials"}')
        else works(request, response, count)
      })
      const run = await download(api, { GITHUB_TOKEN: 'expired' })
      await expectSuccess(run)
      expect(run.stderr).toContain('refuses the token; trying without it')
    })

    test('from https to http are refused', async () => {
      const plain = await server((_, response) => response.writeHead(200).end(archive))
      const redirect: Handler = (_, response) => response.writeHead(302, { location: plain.url }).end()
      const list = gitHub({ archive: redirect })
      const api = await server((request, response, count) => {
        const end = response.end.bind(response)
        response.end = ((text?: string) =>
          end(text?.replace('"http://127', '"https://127'))) as typeof response.end
        list(request, response, count)
      }, certificate())
      await expectFailure(
        await download(api, { NODE_EXTRA_CA_CERTS: CERTIFICATE }),
        'redirects from https to http:'
      )
      expect(plain.requests).toEqual([])
    })

    test('are followed five times at most', async () => {
      const api = await server((_, response) => response.writeHead(302, { location: '/again' }).end())
      await expectFailure(await download(api), 'more than 5 redirects')
    })
  })

  test.each<[string, TarEntry]>([
    ['is outside its top folder', { name: 'jdk-21/../../evil' }],
    ['links to /etc/passwd', { name: 'jdk-21/x', type: 'symlink', linkname: '/etc/passwd' }],
    ['is a block-device', { name: 'jdk-21/sda', type: 'block-device' }],
    ['has a setuid bit', { name: 'jdk-21/bin/su', mode: 0o4755, content: 'x' }]
  ])('an archive with an entry that %s is not used', async (message, entry) => {
    archive = await tar([...JDK_ENTRIES, entry])
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

  describe('proxies and certificates', () => {
    test('a proxy is used for the API and the download, except for hosts in no_proxy', async () => {
      const api = await server(gitHub())
      const port = new URL(api.url).port
      const proxy = await connectProxy()
      // A name that only the proxy can resolve.
      const url = `http://api.test:${port}`
      const proxied = { http_proxy: proxy.url }
      await expectSuccess(await download(url, proxied))
      expect(proxy.connected).toEqual([`api.test:${port}`, `api.test:${port}`])
      await rm(path.join(folder, 'cache'), { recursive: true })
      await rm(path.join(folder, 'output', NAME))
      await expectFailure(
        await download(url, { ...proxied, no_proxy: 'api.test' }),
        /api\.test:\d+ does not respond/
      )
      expect(proxy.connected).toHaveLength(2)
    })

    test('a private certificate authority is accepted with NODE_EXTRA_CA_CERTS, and the error is named without', async () => {
      const list = gitHub()
      const api = await server((request, response, count) => {
        const end = response.end.bind(response)
        response.end = ((text?: string) =>
          end(
            typeof text === 'string' ? text.replace('"http://127', '"https://127') : text
          )) as typeof response.end
        list(request, response, count)
      }, certificate())
      await expectFailure(await download(api), /does not respond: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/)
      await expectSuccess(await download(api, { NODE_EXTRA_CA_CERTS: CERTIFICATE }))
    })
  })

  /** A proxy that resolves every name to this machine. */
  async function connectProxy(): Promise<{ url: string; connected: string[] }> {
    const connected: string[] = []
    const proxy: Server = createServer()
    proxy.on('connect', (request, socket) => {
      connected.push(request.url ?? '')
      const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    servers.push({
      close: async () => {
        proxy.closeAllConnections()
        await new Promise((resolve) => proxy.close(resolve))
      }
    })
    return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, connected }
  }
})

const CERTIFICATE = path.join(ROOT, '__tests__/fixtures/tls/cert.pem')

function certificate(): { key: Buffer; cert: Buffer } {
  return {
    key: readFileSync(path.join(ROOT, '__tests__/fixtures/tls/key.pem')),
    cert: readFileSync(CERTIFICATE)
  }
}
