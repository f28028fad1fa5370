import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from '../support/inputs.js'

const MEGABYTE = 1024 * 1024

// 250 MB of log, the last 50 of them one line without an end, as a run reads it: through the splitter of
// lines, the kept tail and the catalogue, in a process of its own.
test('250 MB of log take less than 150 MB of memory, and the one line that matters is found', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '__tests__/support/feed-log.ts'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit']
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))

  const write = async (data: Buffer | string): Promise<void> => {
    if (!child.stdin.write(data)) await once(child.stdin, 'drain')
  }
  const lines = Array.from(
    { length: 8000 },
    (_, index) =>
      `12:01:03.${index} [worker-${index}] INFO com.acme.Orders - order ${index} of Error (customer) at java.base/x\n`
  ).join('')
  for (let sent = 0; sent < 200 * MEGABYTE; sent += lines.length) await write(lines)
  await write(
    'Suppressed: jdk.crac.impl.CheckpointOpenSocketException: Socket[addr=db/10.0.0.1,port=5432,localport=4]\n'
  )
  const endless = Buffer.alloc(MEGABYTE, 'x')
  for (let sent = 0; sent < 50; sent++) await write(endless)
  child.stdin.end()
  await once(child, 'close')

  const result = JSON.parse(printed) as { bytes: number; rss: number; id: string; tail: number }
  console.log(
    `read ${Math.round(result.bytes / MEGABYTE)} MB with at most ${Math.round(result.rss / MEGABYTE)} MB of memory`
  )
  expect(result.bytes).toBeGreaterThan(250 * MEGABYTE)
  expect(result.rss).toBeLessThan(150 * MEGABYTE)
  expect(result.id).toBe('fw-jdbc')
  expect(result.tail).toBeLessThan(20 * 5000)
}, 120_000)
