import { get } from 'node:http'

export interface Got {
  status: number
  body: string
}

/** One GET on a connection of its own; undefined where there is no whole answer within five seconds. */
export async function httpGet(url: URL, headers: Record<string, string> = {}): Promise<Got | undefined> {
  return await new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', () => resolve(undefined))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}
