import type { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.js'
import { digestOf } from '../lib/digest.js'
import type { Patience } from '../http/fetch.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { Connection, type ConnectionWorld, type Request } from './connection.js'
import { RegistryFailure, type Reply } from './refusal.js'

export interface ClientWorld extends ConnectionWorld {
  clock: Clock
  patience: Patience
  info: (line: string) => void
}

/** A manifest as it stands at the registry. */
export interface StoredManifest {
  /** `sha256:...` of its bytes. */
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Bytes to be sent, as often as it takes. */
export interface Blob {
  digest: string
  size: number
  open: () => Readable | Buffer
}

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json'
].join(', ')

/** How long a registry may ask to wait, all in all. */
const LONGEST_WAIT: Milliseconds = 5 * 60_000

/**
 * One repository of a registry, by the protocol that all of them speak
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). What can pass is tried again, three times in
 * all, and for as long as five minutes where the registry says when; anything else is a RegistryFailure.
 */
export class RepositoryClient {
  private readonly connection: Connection

  constructor(
    private readonly world: ClientWorld,
    readonly registry: string,
    readonly path: string,
    /** Ends what is under way. */
    private readonly signal?: AbortSignal
  ) {
    this.connection = new Connection(world, registry, `repository:${path}:pull,push`, signal)
  }

  /** What stands under a tag or digest; undefined where nothing does. */
  async manifest(reference: string): Promise<StoredManifest | undefined> {
    const reply = await this.persist(
      { method: 'GET', url: this.at('manifests', reference), headers: { accept: MANIFESTS } },
      [200, 404]
    )
    if (reply.status === 404) return undefined
    return { digest: digestOf(reply.body), mediaType: reply.headers['content-type'] ?? '', bytes: reply.body }
  }

  /** Puts a manifest under a tag or its own digest; the digest that the registry gave it, if it says so. */
  async putManifest(
    reference: string,
    manifest: Pick<StoredManifest, 'mediaType' | 'bytes'>
  ): Promise<string | undefined> {
    const headers = { 'content-type': manifest.mediaType }
    const url = this.at('manifests', reference)
    const reply = await this.persist({ method: 'PUT', url, headers, body: manifest.bytes }, [200, 201, 202])
    return reply.headers['docker-content-digest']
  }

  /** Whether the registry has removed a tag or a manifest; not all of them do. */
  async remove(reference: string): Promise<boolean> {
    return await this.persist({ method: 'DELETE', url: this.at('manifests', reference) }, [200, 202]).then(
      () => true,
      () => false
    )
  }

  /** A small blob: the configuration of an image. */
  async blob(digest: string): Promise<Buffer> {
    const { body } = await this.persist({ method: 'GET', url: this.at('blobs', digest) }, [200])
    if (digestOf(body) === digest) return body
    throw new RegistryFailure(
      `${this.registry} has other content under ${digest}.`,
      {
        fix: 'Something changes images on their way, or the storage of the registry is damaged: tell those who run it.'
      },
      1
    )
  }

  async hasBlob(digest: string): Promise<boolean> {
    const reply = await this.persist({ method: 'HEAD', url: this.at('blobs', digest) }, [200, 404])
    return reply.status === 200
  }

  /** Sends a blob that the registry does not have. */
  async upload(blob: Blob): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) }
    await this.again(async () => {
      const { tryTimeout } = this.world.patience
      const begin: Request = { method: 'POST', url: this.at('blobs', 'uploads/'), timeout: tryTimeout }
      const session = (await this.connection.ask(begin, [202])).headers['location'] ?? ''
      const url = `${session}${session.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`
      // Some need minutes to store what they were sent.
      const timeout = tryTimeout * 10
      await this.connection.ask({ method: 'PUT', url, headers, body: blob.open(), timeout }, [201, 204])
    })
  }

  private at(kind: 'manifests' | 'blobs', reference: string): string {
    return `/v2/${this.path}/${kind}/${reference}`
  }

  private async persist(request: Omit<Request, 'timeout'>, expected: readonly number[]): Promise<Reply> {
    const timeout = this.world.patience.tryTimeout
    return await this.again(async () => await this.connection.ask({ ...request, timeout }, expected))
  }

  private async again<T>(work: () => Promise<T>): Promise<T> {
    const { clock, patience, info } = this.world
    let waited: Milliseconds = 0
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof RegistryFailure) || error.tries === 1) throw error
        const asked = error.pause
        const pause =
          asked === undefined ? patience.firstPause * 2 ** tries : Math.max(asked, patience.firstPause)
        waited += pause
        if (asked === undefined ? tries >= error.tries : waited > LONGEST_WAIT) throw error
        info(`${error.message} Trying again in ${seconds(Math.ceil(pause / 100) * 100)}.`)
        await clock.sleep(pause, this.signal)
      }
    }
  }
}
