import { expect, test } from '@jest/globals'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { shapedNetwork } from '../../lab/shaped-network.js'

test('a shaped network passes on the same bytes, not before its round trips and its rate allow', async () => {
  const content = randomBytes(5_000_000)
  const server = createServer((_, response) => response.end(content))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const network = shapedNetwork({ bytesPerSecond: 20_000_000, roundTrip: 30 })
  try {
    const port = await network.portTo(typeof address === 'object' && address ? address.port : 0)
    const begin = performance.now()
    const responses = await Promise.all([1, 2].map(async () => await fetch(`http://127.0.0.1:${port}/`)))
    for (const response of responses) {
      const received = Buffer.from(await response.arrayBuffer())
      expect(createHash('sha256').update(received).digest()).toEqual(
        createHash('sha256').update(content).digest()
      )
    }
    // Two responses share the line: half a second, and two round trips.
    expect(performance.now() - begin).toBeGreaterThan(540)
  } finally {
    await network.close()
    await new Promise((resolve) => server.close(resolve))
  }
})
