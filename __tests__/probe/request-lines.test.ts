import { expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseWarmUp, requestOf } from '../../src/probe/request-lines.js'

const parse = (text: string) => parseWarmUp('warmup', text, 'localhost:8080')

test('parses requests with times, concurrency, bodies, statuses and headers', () => {
  const lines = parse(`
    GET /orders x200 c4
    POST /orders @order.json x50 -> 201
      Content-Type: application/json
      X-Tenant: acme: one
    PUT /orders/1 '{"a": "b c"}'
    GET /a?b=c%20d
  `)
  expect(lines).toMatchObject([
    { method: 'GET', target: '/orders', times: 200, concurrency: 4, headers: { host: 'localhost:8080' } },
    {
      method: 'POST',
      target: '/orders',
      body: { file: 'order.json' },
      times: 50,
      concurrency: 1,
      status: 201,
      headers: { host: 'localhost:8080', 'content-type': 'application/json', 'x-tenant': 'acme: one' }
    },
    { method: 'PUT', target: '/orders/1', body: { text: '{"a": "b c"}' }, times: 1 },
    { method: 'GET', target: '/a?b=c%20d' }
  ])
})

test('shows a line without its body and the values of its query, which can be secret', () => {
  const lines = parse(`GET /orders?page=2&access_token=abc x200 c4
    POST /login '{"password": "abc"}' -> 201
    POST /orders @order.json`)
  expect(lines.map(({ text }) => text)).toEqual([
    'GET /orders?page=...&access_token=... x200 c4',
    "POST /login '...' -> 201",
    'POST /orders @order.json'
  ])
  expect(() => parse(`POST /login '{"password": "abc"}' 'other' x0`)).toThrow(
    `Invalid input \`warmup\`: "POST /login '...' '...'".`
  )
})

test.each([
  ["POST /orders '{}' x50 ->201", "POST /orders '...' x50 ->201", 'the options `x200`, `c4` and `-> 201`'],
  ['GET /orders 200x', 'GET /orders 200x', 'the options `x200`, `c4` and `-> 201`'],
  ['POST /login {"password":"abc"} x2', 'POST /login ...', "which is `@file` or has quotes (`'text'`)"],
  ['GET orders x200', 'GET orders x200', 'a path that begins with `/`'],
  ['GET', 'GET', 'a path that begins with `/`'],
  ['get /orders', 'get', 'lines such as `GET /path x200`'],
  ['"password": "abc",', 'password:', 'lines such as `GET /path x200`']
])('%s is refused, and the message shows the line up to its first wrong word', (text, shown, fix) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({
      message: `Invalid input \`warmup\`: "${shown}".`,
      fix: expect.stringContaining(fix)
    })
  )
})

test('a word in quotes is a body, whatever it looks like', () => {
  expect(parse(`POST / 'x2'\nPUT / "->" x3\nPUT / @'my file.json'\nPUT / ''`)).toMatchObject([
    { body: { text: 'x2' }, times: 1 },
    { body: { text: '->' }, times: 3 },
    { body: { file: 'my file.json' } },
    { body: { text: '' } }
  ])
})

test('reads a body from a file in the workspace; a file that cannot be read is a failure', async () => {
  const workspace = await mkdtemp(path.join(tmpdir(), 'warm-up-'))
  try {
    await writeFile(path.join(workspace, 'b.json'), '[1]')
    const [line, missing] = parse('POST / @b.json\nPOST / @none.json')
    expect(String((await requestOf(line!, workspace)).body)).toBe('[1]')
    await expect(requestOf(missing!, workspace)).rejects.toMatchObject({
      category: 'input',
      message: 'Invalid input `warmup`: "@none.json".'
    })
  } finally {
    await rm(workspace, { recursive: true })
  }
})
