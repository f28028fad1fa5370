import { describe, expect, test } from '@jest/globals'
import { LinePattern } from '../../src/lib/line-pattern.js'
import { systemClock } from '../../src/lib/clock.js'
import { Failure } from '../../src/lib/errors.js'
import { MARKERS } from '../../src/lib/image-paths.js'
import { withResolvers } from '../../src/lib/with-resolvers.js'
import { watchLog } from '../../src/probe/log-watch.js'
import { untilReady, type Readiness, type Target } from '../../src/probe/readiness.js'
import type { Serves } from '../../src/probe/responds.js'
import { proveRestore, startNormally } from '../../src/proof/prove.js'
import { checksOfRestore, restoreIn } from '../../src/proof/restored.js'
import type { StartRequest } from '../../src/proof/timed-start.js'
import { containerJson, fakeDocker, type Reply } from '../support/fake-docker.js'
import { serve } from '../support/http-server.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const NOT_RESTORED = { exitCode: 3 }
const isMark = (args: string[]): boolean =>
  args.includes('exec') && args.join(' ').includes('.crac-restored-')

function targetWith(readiness: Readiness, docker = fakeDocker(() => '')): Target {
  const reach = { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' } as const
  const spec = { name: 'c', port: 8080, network: undefined, reach }
  return { docker, spec, address: { host: '127.0.0.1', port: 1 }, log: watchLog(systemClock, readiness.log) }
}

describe('the conditions of a restored application', () => {
  const names = (readiness: Readiness, serves: Serves): string[] =>
    checksOfRestore(readiness, targetWith(readiness), serves, systemClock).map(({ name }) => name)
  const url = { method: 'GET', target: '/up', headers: {} }

  test.each<[Readiness, Serves, string[]]>([
    [{}, 'plain', ['port 8080']],
    [{ health: '/health' }, 'plain', ['port 8080, GET /health']],
    [{ url }, 'plain', ['GET /up']],
    [{ url, log: new LinePattern('x') }, 'nothing', ['GET /up']],
    [{ command: ['true'] }, 'nothing', ['restore', 'ready-command (true)']],
    [{ log: new LinePattern('x') }, 'plain', ['port 8080']],
    [{ log: new LinePattern('x') }, undefined, ['port 8080']],
    [{ log: new LinePattern('x') }, 'nothing', ['restore', 'output']]
  ])('%j where the port serves %p', (readiness, serves, expected) => {
    expect(names(readiness, serves)).toEqual(expected)
  })

  test('a command that always holds is not run before the restore is complete', async () => {
    const marks = [NOT_RESTORED, NOT_RESTORED, '']
    const docker = fakeDocker((args): Reply => (isMark(args) ? (marks.shift() ?? '') : ''))
    const checks = checksOfRestore({ command: ['true'] }, targetWith({}, docker), 'nothing', systemClock)
    expect(await untilReady(checks, 1, systemClock, new AbortController().signal)).toMatchObject({
      ready: true
    })
    expect(docker.calls.map(({ args }) => isMark(args))).toEqual([true, true, true, false])
  })

  test('an application without a port has to log a line, and to live after it unless it is the line of ready-log', async () => {
    const target = targetWith({ log: new LinePattern('message 5') })
    let now = 0
    const clock = { now: () => now }
    target.log = watchLog(clock, new LinePattern('message 5'))
    const [, living] = checksOfRestore({ log: new LinePattern('message 5') }, target, 'nothing', clock)
    expect(await living?.run()).toMatchObject({ ok: false, description: 'it wrote no line' })
    now = 10
    target.log.onLine('worked off message 6')
    expect(await living?.run()).toMatchObject({ ok: false })
    now = 5000
    expect(await living?.run()).toMatchObject({ ok: true, at: 10 })
    target.log.onLine('worked off message 5')
    expect(await living?.run()).toMatchObject({ ok: true, at: 5000 })
  })
})

test('the mark of a restore is waited for in the container, with a bound', async () => {
  const docker = fakeDocker(() => NOT_RESTORED)
  expect(await restoreIn(docker, 'c', 4500)).toBeUndefined()
  expect(docker.calls[0]?.args.slice(-2)).toEqual(['sh', '5'])
  expect(
    await restoreIn(
      fakeDocker(() => ''),
      'c',
      0
    )
  ).toEqual({ criu: undefined })
})

const errorOf = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.catch((failed: unknown) => failed)
  if (error instanceof Failure) return error
  throw new Error('no failure')
}

describe('a restore that fails', () => {
  let folder = ''
  temporaryFolder((created) => {
    folder = created
  })
  const request = (readiness: Readiness = {}): StartRequest => ({
    container: 'c',
    image: 'i',
    run: 'r',
    flags: [],
    env: {},
    work: folder,
    logs: folder,
    port: 8080,
    reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' },
    addHosts: [],
    readiness,
    startupTimeout: 50,
    restoreTimeout: 50,
    hiding: { longest: 0, apply: (bytes) => bytes }
  })
  const never = new Promise<Reply>(() => undefined)

  /** A container that lives, or ends with a code, and has written a log. */
  const container = (of: {
    log: string
    ends?: number
    restored?: boolean
    sockets?: string
    address?: string
  }) =>
    fakeDocker((args): Reply | Promise<Reply> => {
      if (args[0] === 'wait') return of.ends === undefined ? never : String(of.ends)
      if (args[0] === 'logs') return of.log
      if (args[0] === 'port') return of.address ?? '127.0.0.1:1'
      if (isMark(args)) return of.restored ? '' : NOT_RESTORED
      if (args[0] === 'exec') return of.sockets ?? ''
      return containerJson({ State: { OOMKilled: false, StartedAt: new Date().toISOString() } })
    })
  const failure = (docker: ReturnType<typeof fakeDocker>, readiness?: Readiness) =>
    errorOf(proveRestore({ docker, clock: systemClock }, request(readiness)))

  test('because CRIU could not restore is one of the host', async () => {
    const log = `${MARKERS.notRestored}: the container lacks the capability SETPCAP`
    expect(await failure(container({ log, ends: 1 }))).toMatchObject({
      category: 'runner',
      message: expect.stringContaining('The image does not restore: it ended with exit code 1.')
    })
  })

  test('because no process was restored in time is one of the host', async () => {
    expect(await failure(container({ log: '' }))).toMatchObject({
      category: 'runner',
      message: expect.stringContaining(
        'The image does not restore: it did not respond (port 8080: ECONNREFUSED) within'
      ),
      fix: expect.stringContaining('raise `restore-timeout`')
    })
  })

  test('because the restored application does not respond is one of the application, with its log', async () => {
    const sockets = '  0: 0100007F:1F90 00000000:0000 0A'
    const failed = await failure(container({ log: 'afterRestore: no database', restored: true, sockets }))
    expect(failed).toMatchObject({ category: 'application', evidence: 'afterRestore: no database' })
    expect(failed.message).toContain(
      'The image was restored, but the application does not work: it did not respond'
    )
    expect(failed.message).toContain("the container's loopback address only")
  })

  test.each([
    [503, 'Undertow was started again, but still refuses requests', /^Set `server\.shutdown=immediate`/],
    [500, 'the application does not work', /^Fix what the log of the application below shows/]
  ])('because an Undertow that was restored responds with %d has the cause', async (status, cause, fix) => {
    const responded = withResolvers<void>()
    // The second request: the response to the first one was read then.
    const server = await serve((_, response, count) => {
      response.writeHead(status).end()
      if (count === 2) responded.resolve()
    })
    // The time is over when it has responded.
    const limit = 60_000
    const sleep = (ms: number): Promise<void> => (ms === limit ? responded.promise : systemClock.sleep(1))
    const clock = { ...systemClock, sleep }
    const log = 'INFO o.s.b.w.e.undertow.UndertowWebServer : Undertow started on port 8080 (http)'
    const docker = container({ log, restored: true, address: server.url.slice('http://'.length) })
    const failed = await errorOf(proveRestore({ docker, clock }, { ...request(), restoreTimeout: limit }))
    await server.close()
    expect(failed.message).toContain(`status ${status}`)
    expect(failed.message).toContain(cause)
    expect(failed.fix).toMatch(fix)
  })

  test('because the restored application ended is one of the application', async () => {
    const failed = await failure(container({ log: 'BindException', ends: 7 }))
    expect(failed).toMatchObject({ category: 'application', evidence: 'BindException' })
    expect(failed.message).toContain(
      'was restored, but the application does not work: it ended with exit code 7'
    )
  })

  test('an application that is proved by a command is not counted as restored before the mark', async () => {
    const failed = await failure(container({ log: '' }), { command: ['true'] })
    expect(failed.message).toContain('it did not respond (restore: CRIU has not finished)')
  })

  test('a normal start is proved by the line of ready-log', async () => {
    const docker = container({ log: 'worked off message 5', restored: false })
    const start = await startNormally(
      { docker, clock: systemClock },
      request({ log: new LinePattern('message 5') })
    )
    expect(start.answer).toBeGreaterThan(0)
    const missing = errorOf(
      startNormally({ docker, clock: systemClock }, request({ log: new LinePattern('message 6') }))
    )
    expect((await missing).message).toContain('(ready-log message 6: no line of the output matched it)')
  })
})
