import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import path from 'node:path'

/** A file that the stand-in offers as the asset of a release. */
export interface OfferedAsset {
  tag: string
  name: string
  file: string
}

export interface StandInOptions {
  assets: OfferedAsset[]
  /** Leave the digest out, as GitHub does for assets uploaded before June 2025. */
  withoutDigests?: boolean
}

export interface StandIn {
  url: string
  close(): Promise<void>
}

/**
 * A loopback server that speaks as much of the GitHub releases API as the action uses: the list of releases
 * with ETag, and assets that redirect to another host name. It stands in for api.github.com where
 * there is no internet.
 */
export async function startGitHubStandIn(options: StandInOptions): Promise<StandIn> {
  const assets = await Promise.all(options.assets.map(describe))

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname.startsWith('/storage/')) return storage(pathname, request, response)
    if (pathname === '/repos/CRaC/openjdk-builds/releases')
      return json(request, response, releases(portOf(request), assets))
    const id = /^\/repos\/CRaC\/openjdk-builds\/releases\/assets\/(\d+)$/.exec(pathname)?.[1]
    const asset = assets.find((candidate) => String(candidate.id) === id)
    if (asset) return download(asset, request, response)
    send(response, 404, {
      message: 'Not Found',
      documentation_url: 'https://docs.github.com/rest',
      status: '404'
    })
  })

  function storage(pathname: string, request: IncomingMessage, response: ServerResponse): void {
    const asset = assets.find((candidate) => pathname === `/storage/${candidate.id}`)
    // As the real storage does: a signed URL and an Authorization header are one too many.
    if (request.headers.authorization !== undefined) {
      response.writeHead(400).end('InvalidArgument: Only one auth mechanism allowed')
    } else if (asset) {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': asset.size })
      createReadStream(asset.file).pipe(response)
    } else {
      response.writeHead(404).end()
    }
  }

  function download(asset: Described, request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.accept !== 'application/octet-stream')
      return json(request, response, asset.json(portOf(request)))
    // Another host name, as GitHub's storage is: the token must not follow.
    response.writeHead(302, { location: `http://localhost:${portOf(request)}/storage/${asset.id}` }).end()
  }

  function releases(at: number, all: Described[]): object[] {
    const tags = [...new Set(all.map((asset) => asset.tag))]
    return tags.map((tag, index) => ({
      id: index + 1,
      tag_name: tag,
      name: tag,
      draft: false,
      prerelease: false,
      assets: all.filter((asset) => asset.tag === tag).map((asset) => asset.json(at))
    }))
  }

  async function describe(asset: OfferedAsset, index: number): Promise<Described> {
    const { size } = await stat(asset.file)
    const digest = options.withoutDigests ? null : `sha256:${await sha256(asset.file)}`
    const id = index + 1
    return {
      ...asset,
      id,
      size,
      json: (at) => ({
        id,
        url: `http://127.0.0.1:${at}/repos/CRaC/openjdk-builds/releases/assets/${id}`,
        name: asset.name,
        state: 'uploaded',
        content_type: 'application/gzip',
        size,
        digest
      })
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${port(server)}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

interface Described extends OfferedAsset {
  id: number
  size: number
  json: (port: number) => object
}

/** The name that a release of CRaC/openjdk-builds gives its archive. */
export function offer(file: string): OfferedAsset {
  const name = path.basename(file)
  const tag = /^openjdk-(\d+-crac\+\d+)_linux-(x64|aarch64)\.tar\.gz$/.exec(name)?.[1]
  if (tag) return { tag, name, file }
  // Any other archive is offered under a name that the action knows.
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x64'
  return { tag: '99-crac+1', name: `openjdk-99-crac+1_linux-${architecture}.tar.gz`, file }
}

function json(request: IncomingMessage, response: ServerResponse, body: object): void {
  const etag = `W/"${createHash('sha256').update(JSON.stringify(body)).digest('hex')}"`
  if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end()
  else send(response, 200, body, { etag })
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {}
): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body))
}

/** Returns the port that the client has used: it may lead here through another program. */
function portOf({ headers }: IncomingMessage): number {
  return Number(new URL(`http://${headers.host}`).port)
}

function port(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
