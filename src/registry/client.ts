import { Readable } from 'node:stream'
import type { HttpResponse } from '../http/client.js'
import { HttpFailure, withRetries, type HttpContext, type RetryPolicy } from '../http/retry.js'
import { digestOf } from '../lib/digest.js'
import { isDiskFull } from '../lib/disk.js'
import { messageOf } from '../lib/errors.js'
import { OCI_INDEX, OCI_MANIFEST } from '../lib/oci.js'
import { Connection, type ConnectionContext, type RegistryRequest } from './connection.js'

export type ClientContext = ConnectionContext & Omit<HttpContext, 'cancelled'> & { policy?: RetryPolicy }

export interface StoredManifest {
  /** `sha256:...` of its bytes. */
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Content to upload; `open` is called for each try. */
export interface Blob {
  digest: string
  size: number
  open: () => Readable | Buffer
}

const MANIFESTS = [
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.v2+json',
  OCI_INDEX,
  'application/vnd.docker.distribution.manifest.list.v2+json'
].join(', ')

/** Three tries by default; where the registry says when to retry, waits of up to five minutes in total. */
const POLICY: RetryPolicy = { tries: 3, longestWait: 5 * 60_000 }

/** Maximum number of redirects of an upload: a stream can be sent once, so it is opened again for each. */
const MOST_REDIRECTS = 3

/**
 * One repository of a registry, by the protocol of the specification
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). Methods retry after transient errors, and
 * throw an HttpFailure of the category `registry`.
 */
export class RepositoryClient {
  private readonly connection: Connection

  constructor(
    private readonly context: ClientContext,
    readonly registry: string,
    readonly path: string,
    private readonly cancelled?: AbortSignal
  ) {
    this.connection = new Connection(context, registry, `repository:${path}:pull,push`, cancelled)
  }

  /** Returns the manifest of a tag or digest; undefined where there is none. */
  async manifest(reference: string): Promise<StoredManifest | undefined> {
    const { status, headers, body } = await this.send(
      { method: 'GET', url: this.at('manifests', reference), headers: { accept: MANIFESTS } },
      [200, 404]
    )
    if (status === 404) return undefined
    return { digest: digestOf(body), mediaType: headers.get('content-type') ?? '', bytes: body }
  }

  /** Puts a manifest under a tag or its own digest. Returns its digest as the registry reports it, if it does. */
  async putManifest(
    reference: string,
    manifest: Pick<StoredManifest, 'mediaType' | 'bytes'>
  ): Promise<string | undefined> {
    const headers = { 'content-type': manifest.mediaType }
    const url = this.at('manifests', reference)
    const response = await this.send({ method: 'PUT', url, headers, body: manifest.bytes }, [200, 201, 202])
    return response.headers.get('docker-content-digest') ?? undefined
  }

  /** Removes a tag or a manifest. Returns false where the registry refuses, as some do. */
  async remove(reference: string): Promise<boolean> {
    return await this.send({ method: 'DELETE', url: this.at('manifests', reference) }, [200, 202]).then(
      () => true,
      () => false
    )
  }

  /** Removes a blob. Returns false where the registry refuses, as many do. */
  async removeBlob(digest: string): Promise<boolean> {
    return await this.send({ method: 'DELETE', url: this.at('blobs', digest) }, [200, 202]).then(
      () => true,
      () => false
    )
  }

  /** Returns a small blob, such as the configuration of an image. */
  async blob(digest: string): Promise<Buffer> {
    const { body } = await this.send({ method: 'GET', url: this.at('blobs', digest) }, [200])
    if (digestOf(body) === digest) return body
    throw this.otherContent(digest)
  }

  /** Has a function read a blob of any size. It returns the digest of what it has read, and is called again after a transient error. */
  async readBlob(digest: string, read: (bytes: Readable) => Promise<string>): Promise<void> {
    const timeout = this.context.patience.tryTimeout
    await this.withRetries(async () => {
      const request = { method: 'GET', url: this.at('blobs', digest), timeout } as const
      const { body } = await this.connection.open(request, [200])
      const found = await read(Readable.from(body)).catch((error: unknown) => {
        this.cancelled?.throwIfAborted()
        if (isDiskFull(error)) throw error
        const why = `${this.registry} did not send all of ${digest}: ${messageOf(error)}.`
        throw new HttpFailure('registry', why, { fix: 'Run the job again.' }, {})
      })
      if (found !== digest) throw this.otherContent(digest)
    })
  }

  private otherContent(digest: string): HttpFailure {
    return new HttpFailure('registry', `${this.registry} has other content under ${digest}.`, {
      fix: 'Something changes images in transit, or the storage of the registry is damaged: report it to the administrators of the registry.'
    })
  }

  /** Returns whether the registry has a blob. Returns false where it does not answer that: then it has to be uploaded. */
  async hasBlob(digest: string): Promise<boolean> {
    const request = { method: 'HEAD', url: this.at('blobs', digest), expectedElsewhere: [403] } as const
    const { status } = await this.send(request, [200, 404, 405])
    return status === 200
  }

  /** Takes a blob over from another repository of the registry. Returns false where the registry refuses: then it has to be uploaded. */
  async mount(digest: string, from: string): Promise<boolean> {
    const timeout = this.context.patience.tryTimeout
    const url = `${this.at('blobs', 'uploads/')}?${new URLSearchParams({ mount: digest, from }).toString()}`
    try {
      const { status, headers } = await this.connection.send({ method: 'POST', url, timeout }, [201, 202])
      if (status === 201) return true
      // The registry has opened an upload instead.
      const session = headers.get('location')
      if (session !== null) await this.connection.send({ method: 'DELETE', url: session, timeout }, [204])
      return false
    } catch (error) {
      if (error instanceof HttpFailure) return false
      throw error
    }
  }

  /** Uploads a blob that the registry does not have. */
  async upload(blob: Blob): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) }
    const { tryTimeout } = this.context.patience
    await this.withRetries(async () => {
      const begin = { method: 'POST', url: this.at('blobs', 'uploads/'), timeout: tryTimeout } as const
      const session = (await this.connection.send(begin, [202])).headers.get('location') ?? ''
      let url = `${session}${session.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`
      // Some registries need minutes to store a blob.
      const timeout = tryTimeout * 10
      for (let redirects = 0; ; redirects++) {
        const put = { method: 'PUT', url, headers, body: blob.open(), timeout } as const
        const more = redirects < MOST_REDIRECTS ? [307, 308] : []
        const response = await this.connection.send(put, [201, 204, ...more])
        if (response.status < 300) return
        url = new URL(response.headers.get('location') ?? '', response.url).href
      }
    })
  }

  private at(kind: 'manifests' | 'blobs', reference: string): string {
    return `/v2/${this.path}/${kind}/${reference}`
  }

  private async send(
    request: Omit<RegistryRequest, 'timeout'>,
    expected: readonly number[]
  ): Promise<HttpResponse> {
    const timeout = this.context.patience.tryTimeout
    return await this.withRetries(() => this.connection.send({ ...request, timeout }, expected))
  }

  private async withRetries<T>(attempt: () => Promise<T>): Promise<T> {
    return await withRetries(
      { ...this.context, cancelled: this.cancelled },
      this.context.policy ?? POLICY,
      attempt
    )
  }
}
