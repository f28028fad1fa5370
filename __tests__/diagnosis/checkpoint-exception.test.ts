import { describe, expect, test } from '@jest/globals'
import { checkpointRefusal, OpenResources } from '../../src/diagnosis/checkpoint-exception.js'
import { suggestPolicies } from '../../src/diagnosis/suggest-policies.js'

const HEAD =
  '134:\nAn exception during a checkpoint operation:\njdk.crac.CheckpointException\n\tat java.base/jdk.crac.Core.x(Core.java:1)\n'

describe('checkpointRefusal', () => {
  test.each(['134:\nCR: Checkpoint ...\n', '134:\nCommand executed successfully\n', ''])(
    '%j is not a refusal',
    (output) => {
      expect(checkpointRefusal(output)).toBeUndefined()
    }
  )

  test.each([
    [
      'jdk.crac.impl',
      'CheckpointOpenSocketException',
      'tcp6 localAddr :: localPort 8080 remoteAddr :: remotePort 0',
      'an open socket',
      '. A server still listens on port 8080 (fw-listener).'
    ],
    [
      'jdk.internal.crac.mirror.impl',
      'CheckpointOpenSocketException',
      'Socket[addr=db/10.2.99.190,port=3306]',
      'an open socket',
      '. A connection to a database is open (fw-jdbc).'
    ],
    [
      'jdk.crac.impl',
      'CheckpointOpenFileException',
      '/opt/logs/app.log',
      'an open file',
      '. A log file is open (fw-logfile).'
    ],
    [
      'jdk.crac.impl',
      'CheckpointOpenResourceException',
      'FD fd=4 type=fifo path=pipe:[8953321]',
      'an open resource',
      ' ('
    ]
  ])('%s.%s names the resource, and what it is', (packageName, type, text, word, known) => {
    const output = `${HEAD}\tSuppressed: ${packageName}.${type}: ${text}\n\t\tat x\n`
    expect(checkpointRefusal(output)).toMatchObject({
      category: 'application',
      message: expect.stringContaining(`The JVM refused the checkpoint: ${word}, ${text}${known}`),
      evidence: expect.stringMatching(/^(socket|file|other): /)
    })
  })

  test('several resources are counted in the message and listed as evidence', () => {
    const output = `${HEAD}\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: tcp a\n\tSuppressed: jdk.crac.impl.CheckpointOpenFileException: /b\n`
    const failure = checkpointRefusal(output)
    expect(failure?.message).toContain('tcp a (and 1 more, listed below)')
    expect(failure?.evidence).toBe('socket: tcp a\nfile: /b')
  })

  test('a hook that failed is named, with the stack trace', () => {
    const output = `${HEAD}\tSuppressed: java.lang.IllegalStateException: pool is busy\n\t\tat com.acme.Pool.beforeCheckpoint(Pool.java:7)\n`
    const failure = checkpointRefusal(output)
    expect(failure?.message).toBe(
      'A beforeCheckpoint hook of the application failed: IllegalStateException: pool is busy.'
    )
    expect(failure?.evidence).toContain('Pool.java:7')
  })

  test('the code that opened a resource is listed: the first frames that are not of the JDK', () => {
    const output = `${HEAD}\tSuppressed: jdk.crac.impl.CheckpointOpenFileException: /b
\t\tat java.base/jdk.crac.impl.X.y(X.java:1)
\tCaused by: java.lang.Exception: This file descriptor was created by worker-1 at epoch:1684328308663 here
\t\tat java.base/java.io.FileInputStream.<init>(FileInputStream.java:154)
\t\tat com.acme.Audit.open(Audit.java:12)
\t\tat com.acme.Main.main(Main.java:3)
\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: tcp6 localAddr :: localPort 9001 remoteAddr :: remotePort 0
`
    const failure = checkpointRefusal(output)
    expect(failure?.evidence).toBe(
      [
        'file: /b',
        '  opened by thread worker-1',
        '    at com.acme.Audit.open(Audit.java:12)',
        '    at com.acme.Main.main(Main.java:3)',
        'socket: tcp6 localAddr :: localPort 9001 remoteAddr :: remotePort 0'
      ].join('\n')
    )
    expect(failure).toBeInstanceOf(OpenResources)
    expect(suggestPolicies((failure as OpenResources).resources)).toBe(
      [
        'type: file',
        'path: /b',
        'action: reopen',
        '---',
        '# A server: the application has to open it again after the restore.',
        'type: socket',
        'localPort: 9001',
        'action: close',
        ''
      ].join('\n')
    )
  })
})
