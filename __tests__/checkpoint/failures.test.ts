import { describe, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RunningApplication, CheckpointContext } from '../../src/checkpoint/started-application.js'
import { explainOpen, ownCheckpointFailure } from '../../src/checkpoint/failures.js'
import { watchOutput } from '../../src/checkpoint/trigger.js'
import { checkpointRefusal, OpenResources } from '../../src/diagnosis/checkpoint-exception.js'
import { NOTHING_HIDDEN } from '../../src/lib/kept-log.js'
import { LineTail } from '../../src/lib/lines.js'
import { fakeDocker } from '../support/fake-docker.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// As Spring Boot prints it, shortened.
const REFUSED = `2026-11-25T02:00:00.000Z ERROR 130 --- [main] o.s.boot.SpringApplication : Application run failed

org.springframework.context.ApplicationContextException: Failed to take CRaC checkpoint on refresh
\tat org.springframework.context.support.DefaultLifecycleProcessor$CracDelegate.checkpointRestore(DefaultLifecycleProcessor.java:568)
Caused by: org.crac.CheckpointException: null
\tat org.crac.Core$Compat.checkpointRestore(Core.java:144)
\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: tcp6 localAddr 172.18.0.3 localPort 36574 remoteAddr 172.18.0.2 remotePort 5432
\t\tat java.base/java.lang.Thread.run(Thread.java:1583)`

describe('an application whose own checkpoint failed', () => {
  let evidence: string
  temporaryFolder((created) => (evidence = created))

  async function failureOf(log: string, criuLog = ''): Promise<Error | undefined> {
    const events = watchOutput()
    const output = new LineTail(20)
    for (const line of log.split('\n')) {
      events.onLine(line)
      output.push(line)
    }
    const docker = fakeDocker(async (args) => {
      if (args[0] === 'cp') await writeFile(path.join(evidence, 'dump4.log'), criuLog)
      return ''
    })
    const application = { name: 'x', output } as unknown as RunningApplication
    return await ownCheckpointFailure({ docker } as unknown as CheckpointContext, application, events, {
      evidence,
      images: path.join(evidence, 'images-apart')
    })
  }

  test('finds the refusal in its log', async () => {
    const failure = await failureOf(REFUSED)
    expect(failure).toBeInstanceOf(OpenResources)
    expect(failure).toMatchObject({ signature: { id: 'fw-jdbc' } })
    expect(failure?.message).toContain('an open socket, tcp6 localAddr 172.18.0.3')
  })

  test('finds a failure of CRIU in the log of CRIU', async () => {
    const log =
      'CRIU failed with exit code 1 - check dump4.log\norg.crac.CheckpointException: Native checkpoint failed.'
    const failure = await failureOf(log, "(00.1) Error (criu/seize.c:1): Can't open the door\n")
    expect(failure?.message).toContain("CRIU: Can't open the door")
  })

  test('returns nothing for any other end', async () => {
    expect(await failureOf('the configuration is missing')).toBeUndefined()
  })
})

test('a second refusal that names the client by its code has its message and fix; another one has rules to paste', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'open-'))
  const open = (code = ''): OpenResources =>
    checkpointRefusal(
      `An exception during a checkpoint operation:\n\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: Socket[addr=a/10.0.0.2,port=443,localport=4]\n${code}`
    ) as OpenResources
  const code =
    '\tCaused by: java.lang.Exception: This file descriptor was created by main at epoch:1 here\n\t\tat io.grpc.netty.NettyClientTransport.start(X.java:1)\n'
  const explain = (second: OpenResources | undefined): Promise<OpenResources> =>
    explainOpen(open(), second, { evidence: folder, images: folder }, NOTHING_HIDDEN)
  const named = await explain(open(code))
  expect(named.message).toContain('A channel or a server of gRPC is open (fw-grpc).')
  expect(named.fix).toMatch(/^Call shutdownNow\(\)/)
  expect(named.fix + named.evidence).not.toContain('resource-policies')
  const unknown = await explain(undefined)
  expect(unknown.fix).toContain('paste the input `resource-policies` below')
  expect(unknown.evidence).toContain('  remotePort: 443')
  expect([named.isNamed, unknown.isNamed]).toEqual([true, false])
  // The fix of what is named then is the only one.
  expect(unknown.explained('A library is missing.', 'Add it.')).toMatchObject({
    fix: 'Add it.',
    evidence: expect.not.stringContaining('resource-policies'),
    signature: undefined
  })
  await rm(folder, { recursive: true })
})
