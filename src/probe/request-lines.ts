import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgsStringToArgv } from 'string-argv'
import { messageOf } from '../lib/errors.js'
import { badInput, parseLines, type Bytes } from '../lib/values.js'
import { shownTarget, type HttpRequest } from './request.js'

/** A line of `warmup`: a request, how often it is sent, and how many times at once. */
export interface WarmUpLine extends Omit<HttpRequest, 'body'> {
  /** The line as it may be shown: without its body and the values of its query, which can be secret. */
  text: string
  /** The body itself, or the file that contains it, as the user wrote it. */
  body?: { file: string } | { text: string }
  times: number
  concurrency: number
}

const MAX_TIMES = 1_000_000
const MAX_CONCURRENCY = 256

/** Maximum size of a body: it is kept in memory. */
const MAX_BODY: Bytes = 64 * 1024 * 1024

const HEADER = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/
const FORM =
  'lines such as `GET /path x200`, `POST /orders @body.json x50 c4 -> 201`, then headers `Name: value`'
const OPTIONS =
  "after the path, at most one body, which is `@file` or has quotes (`'text'`), and the options `x200`, `c4` and `-> 201`"

/** A word of a line with its quotes, which may contain spaces. */
const WORD = /(?:[^\s"']|'[^']*(?:'|$)|"[^"]*(?:"|$))+/g

/** A word that may be shown: the file of a body, an option, or a misspelt option such as `200x` or `->201`. */
const SHOWN_WORD = /^(?:@.*|[xc*]?\d{1,9}[xc*]?|-?>?\d{0,9})$/i

/**
 * Parses requests, one per line: `METHOD /path [@file | 'body'] [xTIMES] [cCONCURRENCY] [-> STATUS]`. Lines of the form
 * `Name: value` after a request are its headers.
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

/** Parses a URL or a path of the application, with an optional `-> STATUS`, then headers, one per line. */
export function parseReadyUrl(name: string, value: string, port: number): HttpRequest | undefined {
  const [first, ...headers] = parseLines(name, value)
  if (first === undefined) return undefined
  const [, text = '', status] = /^(\S+)(?:\s+->\s+(\d+))?$/.exec(first) ?? []
  const base = `http://localhost:${port}`
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined
  const tls = url?.protocol === 'https:'
  const own = Number(url?.port || (tls ? 443 : 80))
  // A URL without a port is one of port 80 or 443, which is rarely meant.
  const meant = url !== undefined && (url.port !== '' || own === port)
  if (!meant || !/^(https?:|\/(?!\/))/.test(text)) {
    throw badInput(
      name,
      first,
      `a path, or an http or https URL with its port in the container, for example http://localhost:${port}/health or /health -> 200`
    )
  }
  return {
    method: 'GET',
    target: `${url.pathname}${url.search}`,
    ...(tls && { tls }),
    ...(own !== port && { port: own }),
    headers: Object.assign({ host: url.host }, ...headers.map((line) => headerOf(name, line))) as Record<
      string,
      string
    >,
    ...(status === undefined ? {} : { status: statusOf(name, status) })
  }
}

/** Returns the request of a line, with its body; the path of a body is relative to the workspace. */
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
    if (!entry.isFile()) throw new Error('it is not a file')
    if (entry.size > MAX_BODY) throw new Error(`it has more than ${MAX_BODY} bytes`)
    return await readFile(name)
  } catch (error) {
    throw badInput('warmup', `@${file}`, `a readable file, relative to the workspace (${messageOf(error)})`)
  }
}

function requestLine(name: string, given: string, host: string): WarmUpLine {
  const words = given.match(WORD) ?? []
  const [method = '', target = ''] = words.slice(0, 2).map(unquoted)
  // CONNECT would turn the connection into a tunnel.
  if (!/^(?!CONNECT$)[A-Z]{1,20}$/.test(method)) throw badInput(name, shownTarget(method), FORM)
  const text = [method, shownTarget(target)].join(' ')
  if (!/^\/[\x21-\x7e]*$/.test(target)) {
    const shown = [text, ...words.slice(2).map(shownWord)].join(' ').trim()
    throw badInput(name, shown, `a path that begins with \`/\` after the method, in ${FORM}`)
  }
  const line: WarmUpLine = { text, method, target, headers: { host }, times: 1, concurrency: 1 }
  for (let index = 2; index < words.length; index++) {
    const word = words[index] ?? ''
    const count = /^([xc])(\d{1,7})$/.exec(word)
    if (word === '->') line.status = statusOf(name, unquoted(words[++index] ?? ''))
    else if (count?.[1] === 'x') line.times = within(name, `${text} ${word}`, Number(count[2]), MAX_TIMES)
    else if (count) line.concurrency = within(name, `${text} ${word}`, Number(count[2]), MAX_CONCURRENCY)
    else if (line.body === undefined && /^["'@]/.test(word)) line.body = bodyOf(unquoted(word))
    else throw badInput(name, [text, ...words.slice(2, index + 1).map(shownWord)].join(' '), OPTIONS)
  }
  line.text = shownLine(line)
  return line
}

function unquoted(word: string): string {
  return parseArgsStringToArgv(word)[0] ?? ''
}

function bodyOf(word: string): NonNullable<WarmUpLine['body']> {
  return word.startsWith('@') ? { file: word.slice(1) } : { text: word }
}

/** Returns a word of a line as it may be shown: a body can be secret, and so can a word that is not understood. */
function shownWord(word: string): string {
  if (/^["']/.test(word)) return "'...'"
  return SHOWN_WORD.test(word) ? word : '...'
}

function shownLine({ text, body, times, concurrency, status }: WarmUpLine): string {
  return [
    text,
    ...(body === undefined ? [] : 'file' in body ? [`@${body.file}`] : ["'...'"]),
    ...(times > 1 ? [`x${times}`] : []),
    ...(concurrency > 1 ? [`c${concurrency}`] : []),
    ...(status === undefined ? [] : [`-> ${status}`])
  ].join(' ')
}

function within(name: string, text: string, count: number, maximum: number): number {
  if (count < 1 || count > maximum)
    throw badInput(name, text, `a number between 1 and ${maximum} after \`x\` or \`c\``)
  return count
}

function statusOf(name: string, text: string): number {
  const status = /^\d{3}$/.test(text) ? Number(text) : 0
  if (status < 100 || status > 599) throw badInput(name, text, 'an HTTP status such as 200 after `->`')
  return status
}

function headerOf(name: string, line: string): Record<string, string> {
  const [, field, value = ''] = HEADER.exec(line) ?? []
  // Control characters would end the header. Node refuses them as well, but only when the request is sent.
  if (field === undefined || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw badInput(name, field ?? line, 'headers of the form `Name: value`, one per line')
  }
  return { [field.toLowerCase()]: value }
}
