import { describe, expect, test } from '@jest/globals'
import { LinePattern } from '../../src/lib/line-pattern.js'
import { explainMissingPort, explainPort, parseListeners, type Listener } from '../../src/probe/listeners.js'
import { watchLog } from '../../src/probe/log-watch.js'
import { fakeDocker } from '../support/fake-docker.js'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const table = (...rows: string[]): string =>
  [
    HEAD,
    ...rows.map((row, index) => `   ${index}: ${row} 00000000:00000000 00:00000000 00000000 10001 0 1`)
  ].join('\n')

describe('the listening sockets of a container', () => {
  test.each([
    ['00000000:1F90 00000000:0000 0A', 8080, false],
    ['0100007F:1F90 00000000:0000 0A', 8080, true],
    ['0C00007F:1F91 00000000:0000 0A', 8081, true],
    ['00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A', 8080, false],
    ['00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A', 8080, true],
    // Java binds 127.0.0.1 on a socket of IPv6.
    ['0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A', 8080, true],
    ['0000000000000000FFFF0000020011AC:1F90 00000000000000000000000000000000:0000 0A', 8080, false]
  ])('%s', (row, port, loopback) => {
    expect(parseListeners(table(row))).toEqual([{ port, loopback }])
  })

  test('connections do not count, and a port that listens on any other address is reachable', () => {
    const rows = [
      '0100007F:1F90 00000000:0000 0A',
      '020011AC:1F90 00000000:0000 0A',
      '020011AC:1F90 010011AC:C001 01'
    ]
    expect(parseListeners(`${table(...rows)}\n${HEAD}\n`)).toEqual([{ port: 8080, loopback: false }])
    expect(parseListeners('no table')).toEqual([])
  })

  test("Docker's name server, which is in every container of a user-defined network, is not the application's", () => {
    expect(parseListeners(table('0B00007F:982D 00000000:0000 0A'))).toEqual([])
    expect(parseListeners(table('7F00000B:982D 00000000:0000 0A'))).toEqual([])
  })
})

describe('a port without a response', () => {
  const open = (port: number, loopback = false) => ({ port, loopback })

  test('that listens on the loopback only is named, with the settings of the address', () => {
    const { cause, fix } = explainPort({ number: 8080 }, [open(8080, true)]) ?? {}
    expect(cause).toContain("listens on port 8080 of the container's loopback address only")
    expect(fix).toContain('`server.address`')
  })

  test.each([
    [[open(9090)], 'the application listens on port 9090.', '`port: 9090`'],
    [[open(9090), open(9091)], 'listens on ports 9090, 9091.', '`port: 9090`'],
    [
      [open(38321)],
      'the application listens on port 38321.',
      'Let the application listen on 8080, as 38321 can be another'
    ],
    [[open(9090, true)], 'listens on port 9090 of the loopback address only', '`port: 9090`'],
    [[], 'does not listen on any TCP port', '`ready-log`']
  ])('%j', (listeners, cause, fix) => {
    const found = explainPort({ number: 8080 }, listeners)
    expect(found?.cause).toContain(cause)
    expect(found?.fix).toContain(fix)
  })

  test.each<[Listener[], string]>([
    [
      [open(8080)],
      'Nothing in the container listens on port 8081, which comes from management.server.port in application.yml; the application listens on port 8080.'
    ],
    [
      [],
      'Nothing in the container listens on port 8081, which comes from management.server.port in application.yml.'
    ],
    [
      [open(8080), open(8081, true)],
      'The application listens on port 8081, which comes from management.server.port in application.yml, on the loopback address of the container only; the application listens on port 8080.'
    ]
  ])('that a setting names: %j', (listeners, cause) => {
    const needed = {
      number: 8081,
      source: { name: 'management.server.port in application.yml', fix: 'Set `ready-url`.' }
    }
    expect(explainPort(needed, listeners)).toEqual({ cause, fix: 'Set `ready-url`.' })
    expect(explainPort(needed, [open(8081)])).toBeUndefined()
  })

  test('that listens is not explained, nor one in the network of the machine or in an ended container', async () => {
    expect(explainPort({ number: 8080 }, [open(8080)])).toBeUndefined()
    const spec = { name: 'c', network: 'host' }
    const docker = fakeDocker(() => table())
    expect(await explainMissingPort({ docker, spec }, { number: 8080 })).toBeUndefined()
    expect(
      await explainMissingPort({ docker, spec: { ...spec, network: undefined } }, undefined)
    ).toBeUndefined()
    expect(docker.calls).toEqual([])
    expect(
      (await explainMissingPort({ docker, spec: { ...spec, network: undefined } }, { number: 8080 }))?.fix
    ).toContain('ready-log')
    const ended = fakeDocker(() => ({ exitCode: 1 }))
    expect(
      await explainMissingPort({ docker: ended, spec: { ...spec, network: undefined } }, { number: 8080 })
    ).toBeUndefined()
  })
})

describe('watchLog', () => {
  test('lines of CRIU, the JVM and the scripts are not lines of the application', () => {
    let now = 0
    const watch = watchLog({ now: () => now }, new LinePattern('message 5'))
    for (const line of [
      '',
      'crac-checkpoint: a restored JVM cannot take these options of JAVA_OPTS: -Xmx1g',
      'Warn  (criu/kerndat.c:1103): x',
      '(00.001) Error (criu/files-reg.c:1): x',
      '(00.013441) pie: 7: Error (criu/x.c:1): y',
      'OpenJDK 64-Bit Server VM warning: x',
      'Picked up JAVA_TOOL_OPTIONS: -Xint',
      '[0.004s][warning][crac] x'
    ])
      watch.onLine(line)
    expect(watch.loggedAt()).toBeUndefined()
    now = 7
    watch.onLine('connections opened again')
    now = 9
    watch.onLine('worked off message 5')
    now = 11
    watch.onLine('worked off message 5')
    expect([watch.loggedAt(), watch.matchedAt()]).toEqual([7, 9])
  })
})
