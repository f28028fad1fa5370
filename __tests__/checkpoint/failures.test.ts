import { describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { RunningApplication, CheckpointContext } from '../../src/checkpoint/started-application.js'
import { ownCheckpointFailure } from '../../src/checkpoint/failures.js'
import { watchOutput } from '../../src/checkpoint/trigger.js'
import { OpenResources } from '../../src/diagnosis/checkpoint-exception.js'
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
