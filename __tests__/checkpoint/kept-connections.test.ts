import { describe, expect, test } from '@jest/globals'
import { keptPorts, triggerPatiently } from '../../src/checkpoint/kept-connections.js'
import { checkpointRefusal } from '../../src/diagnosis/checkpoint-exception.js'
import { fakeDocker, type Reply } from '../support/fake-docker.js'
import { quietLog } from '../support/quiet-log.js'

const END = { exitCode: 137, oomKilled: false }
const refusal = (...causes: string[]) =>
  checkpointRefusal(
    `An exception during a checkpoint operation:\n${causes.map((cause) => `\tSuppressed: jdk.crac.impl.${cause}\n`).join('')}`
  )
const KEPT = 'CheckpointOpenSocketException: Socket[addr=api/10.0.0.2,port=443,localport=40000]'
/** A connection to port 443 in /proc/net/tcp, by its state. */
const connection = (state: string): string => `  0: 020011AC:9C40 0200000A:01BB ${state} 0`

describe('a refusal because of connections', () => {
  test.each<[string[], number[] | undefined]>([
    [[KEPT], [443]],
    [
      [
        'CheckpointOpenSocketException: tcp localAddr 10.0.0.1 localPort 4 remoteAddr 10.0.0.2 remotePort 8443'
      ],
      [8443]
    ],
    [
      [
        'BusySelectorException: Selector s has registered keys from channels: [java.nio.channels.SocketChannel[connected local=/10.0.0.1:4 remote=api/10.0.0.2:443]]',
        'CheckpointOpenResourceException: FD fd=28 type=unknown path=anon_inode:[eventpoll]'
      ],
      [443]
    ],
    // The inner life of the selector, as newer JDKs name it, and a selector that an older one does not name.
    [
      [
        'BusySelectorException: Selector sun.nio.ch.EPollSelectorImpl@1 has registered keys from channels: [java.nio.channels.SocketChannel[connected local=/[0:0:0:0:0:0:0:1]:4 remote=api/[0:0:0:0:0:0:0:1]:443]]',
        'CheckpointOpenSocketException: EPoll FD 9 left open in sun.nio.ch.EPollSelectorImpl@1 with registered keys.',
        'CheckpointOpenSocketException: EPoll Event FD 10 left open in sun.nio.ch.EPollSelectorImpl@1 with registered keys.'
      ],
      [443]
    ],
    [['IllegalSelectorException', KEPT], [443]],
    [['IllegalSelectorException'], undefined],
    [['CheckpointOpenSocketException: Socket[addr=search/10.0.0.2,port=9200,localport=4]'], [9200]],
    [['CheckpointOpenSocketException: Socket[addr=billing/10.0.0.2,port=8086,localport=4]'], [8086]],
    [['CheckpointOpenSocketException: Socket[addr=cache/10.0.0.2,port=11211,localport=4]'], [11211]],
    // A pool and a server stay open, and a file is another matter.
    [['CheckpointOpenSocketException: Socket[addr=db/10.0.0.2,port=5432,localport=4]'], undefined],
    [
      [KEPT, 'CheckpointOpenSocketException: tcp6 localAddr :: localPort 8080 remoteAddr :: remotePort 0'],
      undefined
    ],
    [[KEPT, 'CheckpointOpenSocketException: Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=8080]'], undefined],
    [[KEPT, 'CheckpointOpenFileException: /a/b.bin'], undefined],
    [[], undefined]
  ])('%j', (causes, ports) => {
    expect(keptPorts(refusal(...causes))).toEqual(ports)
  })

  async function trigger(outcomes: ('refused' | 'taken')[], sockets: string[], rested = 0) {
    let now = 0
    const clock = {
      now: () => now,
      sleep: (duration: number) => {
        now += duration
        return Promise.resolve()
      }
    }
    const docker = fakeDocker((): Reply => sockets.shift() ?? connection('01'))
    const lines: string[] = []
    const context = { docker, clock, log: quietLog(lines), keep: {} as never }
    const left = [...outcomes]
    const end = await triggerPatiently(
      context,
      'c',
      () => {
        if (left.shift() === 'refused') return Promise.reject(refusal(KEPT) ?? new Error('no refusal'))
        return Promise.resolve(END)
      },
      rested
    ).catch((error: unknown) => error)
    return { end, now, lines, left }
  }

  test('is followed by a second trigger when the client has closed them', async () => {
    const { end, now, lines } = await trigger(
      ['refused', 'taken'],
      [connection('01'), connection('08'), connection('06')]
    )
    expect(end).toBe(END)
    expect(now).toBe(1500)
    expect(lines.at(-1)).toContain('Triggering the checkpoint again')
  })

  test('is the result where they stay open, after a bound', async () => {
    const { end, now, left, lines } = await trigger(['refused', 'taken'], [])
    expect(end).toMatchObject({ message: expect.stringContaining('Socket[addr=api/10.0.0.2') })
    expect(now).toBe(35_000)
    expect(left).toEqual(['taken'])
    expect(lines.slice(1)).toEqual([
      'After 10 s they are still open (to port 443).',
      'After 20 s they are still open (to port 443).',
      'After 30 s they are still open (to port 443).',
      'After 35 s they are still open: nothing closes them before a checkpoint.'
    ])
  })

  test('waits shorter after a rest, and not at all where the rest was long enough', async () => {
    expect((await trigger(['refused'], [], 20_000)).now).toBe(15_000)
    const { end, now, lines } = await trigger(['refused'], [], 60_000)
    expect([now, lines]).toEqual([0, []])
    expect(end).toMatchObject({ category: 'application' })
  })

  test('that comes a second time is the result', async () => {
    const { end } = await trigger(['refused', 'refused'], [connection('06')])
    expect(end).toMatchObject({ category: 'application' })
  })
})
