import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgsStringToArgv } from 'string-argv'
import { messageOf } from '../lib/errors.js'
import { badInput, parseLines } from '../lib/values.js'
import type { HttpRequest } from './request.js'

/** A line of `warmup`: a request, and how often it is sent. */
export interface WarmUpLine extends Omit<HttpRequest, 'body'> {
  /** The line as the user wrote it. */
  text: string
  /** File with the body, as the user wrote it, or the body itself. */
  body?: { file: string } | { text: string }
  times: number
  /** How many are under way at once. */
  concurrency: number
}

const MOST_TIMES = 1_000_000
const MOST_AT_ONCE = 256

/** In bytes; it is held in memory. */
const LARGEST_BODY = 64 * 1024 * 1024

const HEADER = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/
const FORM =
  'lines such as `GET /path x200`, `POST /orders @body.json x50 c4 -> 201`, then headers `Name: value`'

/**
 * Requests, one a line: `METHOD /path [@file | 'body'] [xTIMES] [cCONCURRENCY] [-> STATUS]`. Lines of the form
 * `Name: value` behind it are its headers.
 */
export function parseWarmUp(name: string, value: string, host: string): WarmUpLine[] {
  const lines: WarmUpLine[] = []
  for (const text of parseLines(name, value)) {
    const last = lines.at(-1)
    const header = HEADER.exec(text)
    if (header && last) last.headers = { ...last.headers, ...headerOf(name, text) }
    else lines.push(requestLine(name, text, host))
  }
  return lines
}

/** A URL of the application, `-> STATUS` behind it or not, and its headers, one a line. */
export function parseReadyUrl(name: string, value: string, port: number): HttpRequest | undefined {
  const [first, ...headers] = parseLines(name, value)
  if (first === undefined) return undefined
  const [, text = '', status] = /^(\S+)(?:\s+->\s+(\d+))?$/.exec(first) ?? []
  const url = URL.canParse(text, `http://localhost:${port}`)
    ? new URL(text, `http://localhost:${port}`)
    : undefined
  if (url?.protocol !== 'http:' || Number(url.port || 80) !== port || !/^(http:|\/)/.test(text)) {
    throw badInput(
      name,
      first,
      `an http URL on the application's \`port\`, for example http://localhost:${port}/health or /health -> 200`
    )
  }
  return {
    method: 'GET',
    target: `${url.pathname}${url.search}`,
    headers: Object.assign({ host: url.host }, ...headers.map((line) => headerOf(name, line))) as Record<
      string,
      string
    >,
    ...(status === undefined ? {} : { status: statusOf(name, status) })
  }
}

/** The request that is sent for a line; reads the file of its body, relative to the workspace. */
export async function requestOf(line: WarmUpLine, workspace: string): Promise<HttpRequest> {
  const { method, target, headers, status, body } = line
  const request: HttpRequest = { method, target, headers }
  if (status !== undefined) request.status = status
  if (body !== undefined) {
    request.body = 'text' in body ? Buffer.from(body.text) : await readBody(body.file, workspace)
  }
  return request
}

async function readBody(file: string, workspace: string): Promise<Buffer> {
  try {
    const name = path.resolve(workspace, file)
    const entry = await stat(name)
    if (!entry.isFile()) throw new Error('it is no file')
    if (entry.size > LARGEST_BODY) throw new Error(`it has more than ${LARGEST_BODY} bytes`)
    return await readFile(name)
  } catch (error) {
    throw badInput(
      'warmup',
      `@${file}`,
      `a file that can be read, relative to the workspace (${messageOf(error)})`
    )
  }
}

function requestLine(name: string, text: string, host: string): WarmUpLine {
  const [method = '', target = '', ...options] = parseArgsStringToArgv(text)
  // CONNECT would make a tunnel of the connection.
  if (!/^(?!CONNECT$)[A-Z]{1,20}$/.test(method) || !/^\/[\x21-\x7e]*$/.test(target))
    throw badInput(name, text, FORM)
  const line: WarmUpLine = { text, method, target, headers: { host }, times: 1, concurrency: 1 }
  while (options.length > 0) {
    const word = options.shift() ?? ''
    const count = /^([xc])(\d{1,7})$/.exec(word)
    if (word === '->') line.status = statusOf(name, options.shift() ?? '')
    else if (count?.[1] === 'x') line.times = within(name, text, Number(count[2]), MOST_TIMES)
    else if (count) line.concurrency = within(name, text, Number(count[2]), MOST_AT_ONCE)
    else if (line.body !== undefined) throw badInput(name, text, FORM)
    else line.body = word.startsWith('@') ? { file: word.slice(1) } : { text: word }
  }
  return line
}

function within(name: string, text: string, count: number, most: number): number {
  if (count < 1 || count > most)
    throw badInput(name, text, `a number between 1 and ${most} behind \`x\` or \`c\``)
  return count
}

function statusOf(name: string, text: string): number {
  const status = /^\d{3}$/.test(text) ? Number(text) : 0
  if (status < 100 || status > 599) throw badInput(name, text, 'an HTTP status such as 200 behind `->`')
  return status
}

function headerOf(name: string, line: string): Record<string, string> {
  const [, field, value = ''] = HEADER.exec(line) ?? []
  // Control characters would end the header; Node refuses them too, but only when the request is sent.
  if (field === undefined || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw badInput(name, field ?? line, 'headers of the form `Name: value`, one a line')
  }
  return { [field.toLowerCase()]: value }
}
