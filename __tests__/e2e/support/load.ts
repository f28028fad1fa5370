import { httpGet } from '../../../lab/http.js'
import type { StartedImage } from '../../../lab/started-image.js'

const REQUESTS = 200
const AT_ONCE = 8

/** Sends a short load, each request on a connection of its own; the answers that were not as expected. */
export async function wrongAnswers(started: StartedImage, expected: string, at = ''): Promise<string[]> {
  const wrong: string[] = []
  let left = REQUESTS
  async function caller(): Promise<void> {
    while (left-- > 0) {
      const got = await httpGet(new URL(at, started.url))
      if (got?.status !== 200 || got.body !== expected) wrong.push(JSON.stringify(got))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
  return wrong
}
