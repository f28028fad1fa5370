import { afterEach, describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import { dispatcherFor } from '../../src/http/client.js'
import { digestOf } from '../../src/lib/digest.js'
import { RepositoryClient } from '../../src/registry/client.js'
import { fetchJdkLayer } from '../../src/registry/jdk-layer.js'
import type { Repositories } from '../../src/registry/published.js'
import { parseReference } from '../../src/registry/reference.js'
import { serve, type TestServer } from '../support/http-server.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'

describe('the layer with the JDK of the last image', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))
  let server: TestServer
  afterEach(() => server.close())

  /** Fetches from a registry with an image of three layers, of which the second one has the JDK. */
  async function fetch(
    image: { key?: string; mediaType?: string; send?: (response: ServerResponse) => void } = {}
  ) {
    const jdk = Buffer.from('the layer with the JDK')
    const layers = ['base', jdk, 'application'].map((bytes) => Buffer.from(bytes))
    const diffIds = layers.map((_, index) => `sha256:${String(index).repeat(64)}`)
    const created = ['ADD base', 'COPY /trees/jdk/ / # buildkit', 'COPY trees/classes/ / # buildkit']
    const history = created.map((createdBy) => ({ created_by: createdBy }))
    const config = Buffer.from(
      JSON.stringify({
        config: { Labels: { 'io.github.crac-checkpoint.jdk-layer': image.key ?? 'key' } },
        history: [history[0], { created_by: 'USER root', empty_layer: true }, ...history.slice(1)],
        rootfs: { type: 'layers', diff_ids: diffIds }
      })
    )
    const described = layers.map((bytes) => ({
      ...{ digest: digestOf(bytes), size: bytes.length, mediaType: image.mediaType ?? GZIP }
    }))
    const manifest = Buffer.from(JSON.stringify({ config: { digest: digestOf(config) }, layers: described }))
    server = await serve((request, response) => {
      const url = request.url ?? ''
      if (url.endsWith('/manifests/crac')) response.end(manifest)
      else if (url.endsWith(digestOf(config))) response.end(config)
      else if (url.endsWith(digestOf(jdk))) (image.send ?? ((sent) => sent.end(jdk)))(response)
      else response.writeHead(404).end()
    })
    const origin = new URL(server.url)
    const clientFor: Repositories = (_, signal, policy) =>
      new RepositoryClient(
        {
          policy: policy ?? { tries: 3, longestWait: 0 },
          clock: { now: () => 0, sleep: () => Promise.resolve() },
          patience: { tryTimeout: 2000, pauseUnit: 1, longestTotalWait: 1000 },
          info: () => undefined,
          credentials: () => Promise.resolve(undefined),
          endpoint: () => Promise.resolve({ origin, dispatcher: dispatcherFor(origin) })
        },
        origin.host,
        'acme/hello',
        signal
      )
    const file = path.join(folder, 'layer.tar.gz')
    const tag = parseReference(`${origin.host}/acme/hello:crac`)
    const result = await fetchJdkLayer(clientFor, tag, 'key', file, new AbortController().signal)
    return {
      result,
      text: existsSync(file) && readFileSync(file, 'utf8'),
      from: `${tag.text}@${digestOf(manifest)}`
    }
  }

  test('is downloaded from an image that was made of the same parts', async () => {
    const { result, text, from } = await fetch()
    expect(result).toEqual({ from })
    expect(text).toBe('the layer with the JDK')
  })

  test('is requested once: after a transfer that ends too early, the archive is downloaded', async () => {
    let sent = 0
    const send = (response: ServerResponse): void => {
      sent++
      response.writeHead(200, { 'content-length': 22 }).write('the layer')
      response.destroy()
    }
    await expect(fetch({ send })).rejects.toThrow(/did not send all of|was interrupted/)
    expect(sent).toBe(1)
  })

  test.each([
    ['has another key', { key: 'other' }, 'another JDK'],
    ['is not packed with gzip', { mediaType: `${GZIP.slice(0, -4)}zstd` }, 'no layer with the JDK']
  ])('is not used where the image %s', async (_, image, reason) => {
    const { result, text } = await fetch(image)
    expect(result).toEqual({ reason: expect.stringContaining(reason) })
    expect(text).toBe(false)
  })

  test('of other bytes, or of more than its manifest says, fails', async () => {
    await expect(fetch({ send: (response) => void response.end('THE layer with the JDK') })).rejects.toThrow(
      'other content'
    )
    await server.close()
    await expect(fetch({ send: (response) => void response.end(Buffer.alloc(1_000_000)) })).rejects.toThrow(
      'it is larger than 22 bytes'
    )
  })
})
