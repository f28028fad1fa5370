import { describe, expect, test } from '@jest/globals'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { Libraries } from '../../src/application/libraries.js'
import { noteMissingFonts } from '../../src/image/fonts.js'
import { fakeDocker } from '../support/fake-docker.js'
import { quietLog } from '../support/quiet-log.js'

const NONE = {
  exitCode: 1,
  stderr: 'Error response from daemon: Could not find the file /etc/fonts/fonts.conf'
}

/** Returns the lines of the log for an application with these jars, and the number of commands of Docker. */
async function noteFor(jars: string[] | undefined, hasFonts: boolean): Promise<[string[], number]> {
  const lines: string[] = []
  const tar = pack()
  tar.entry({ name: 'fonts.conf' }, '<fontconfig/>')
  tar.finalize()
  const found = (await buffer(tar)).toString('latin1')
  const docker = fakeDocker(([command]) => (command === 'cp' ? (hasFonts ? found : NONE) : ''))
  const context = { docker, log: quietLog(lines), id: 'run' }
  await noteMissingFonts(context, jars && new Libraries(jars, []), 'image')
  return [lines, docker.calls.length]
}

describe('an application that draws text', () => {
  test('in an image without fonts: the log says what to do', async () => {
    const [lines] = await noteFor(['poi-5.4.1.jar', 'poi-ooxml-5.4.1.jar', 'jasperreports-7.0.3.jar'], false)
    expect(lines).toEqual([
      expect.stringMatching(
        /^The base image has no fonts, and the application has Apache POI, JasperReports\. .*fontconfig/
      )
    ])
  })

  test('in an image with fonts, and any other application: no line', async () => {
    expect((await noteFor(['poi-5.4.1.jar'], true))[0]).toEqual([])
    expect(await noteFor(['spring-core-7.0.1.jar'], false)).toEqual([[], 0])
    expect(await noteFor(undefined, false)).toEqual([[], 0])
  })
})
