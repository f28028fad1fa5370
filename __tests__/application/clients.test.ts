import { describe, expect, test } from '@jest/globals'
import { explainClients } from '../../src/application/clients.js'
import { Libraries } from '../../src/application/libraries.js'
import { checkpointRefusal, OpenResources } from '../../src/diagnosis/checkpoint-exception.js'

/** The refusal of an older CRaC JDK, with these exceptions. */
function refused(...suppressed: string[]): OpenResources {
  const failure = checkpointRefusal(
    `An exception during a checkpoint operation:\n${suppressed.map((text) => `\tSuppressed: ${text}\n`).join('')}`
  )
  if (!(failure instanceof OpenResources)) throw new Error('no refusal of open resources')
  return failure
}

const SELECTOR = 'java.nio.channels.IllegalSelectorException'
const EPOLL =
  'jdk.internal.crac.mirror.impl.CheckpointOpenResourceException: FD fd=28 type=unknown path=anon_inode:[eventpoll]'
const libraries = new Libraries(['dubbo-3.3.5.jar', 'grpc-netty-shaded-1.70.0.jar'], [])

describe('a refusal that names no library', () => {
  // https://github.com/apache/dubbo/issues/14447, https://github.com/CRaC/docs/issues/26
  test.each([[SELECTOR], [EPOLL]])(
    '%s: has the clients on the class path, and the fix of the first',
    (text) => {
      const failure = explainClients(refused(text), libraries)
      expect(failure?.message).toContain('On the class path are clients that keep connections: Dubbo, gRPC.')
      expect(failure?.fix).toMatch(/^Dubbo: Dubbo does not take part in a checkpoint: call stop\(\)/)
    }
  )

  test('is left as it is without such a library, and for a file or a server', () => {
    expect(explainClients(refused(SELECTOR), new Libraries(['app-1.0.jar'], []))).toBeUndefined()
    const file = 'jdk.crac.impl.CheckpointOpenFileException: /data/orders'
    expect(explainClients(refused(SELECTOR, file), libraries)).toBeUndefined()
  })

  test('is not one whose port or code names the library', () => {
    const mongo =
      'jdk.crac.impl.CheckpointOpenSocketException: Socket[addr=db/10.0.0.2,port=27017,localport=4]'
    expect(explainClients(refused(mongo), libraries)).toBeUndefined()
  })
})
