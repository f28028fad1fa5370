import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect } from '@jest/globals'
import { httpGet } from '../../lab/http.js'
import { startGitHubStandIn, offer } from '../../lab/github-api/server.js'
import { DECLARED_FLAGS, callUntilAnswer } from '../../lab/started-image.js'
import {
  answerBecomes,
  buildFixture,
  containerLog,
  docker,
  freshTag,
  labTest,
  runAction,
  withStarted,
  world
} from './support/lab.js'

describe('a runnable jar with another JDK', () => {
  labTest(
    'is checkpointed with the release that was asked for, and restored with new arguments',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'e2e-jdk-'))
      const fixture = buildFixture('Server')
      const archives = ['openjdk-22-crac+7_linux-x64.tar.gz', 'openjdk-23-crac+1_linux-x64.tar.gz'].map(
        (name) => {
          copyFileSync(world.jdkArchive ?? '', path.join(folder, name))
          return path.join(folder, name)
        }
      )
      const api = await startGitHubStandIn({ assets: archives.map(offer), withoutDigests: true })
      const image = freshTag('plain-jar')
      try {
        const step = await runAction(
          {
            context: fixture.context,
            tags: image,
            arguments: 'one\ntwo words',
            'java-version': '22',
            'github-api-url': api.url
          },
          { toolCache: path.join(folder, 'cache') }
        )
        expect(step.log).not.toContain('::error::')
        expect(step.outputs).toMatchObject({ 'java-version': '22-crac+7', digest: '' })
        // Nothing was pushed, and the image is there all the same: it can be tried in the next step.
        await withStarted(
          { image, flags: [...DECLARED_FLAGS, '--env', 'JAVA_OPTS=-Dgiven=p', '--env', 'GIVEN=e f'] },
          async (started) => {
            expect(await callUntilAnswer(started)).toBe('p|e f|[one, two words]|true')
            expect(containerLog(started.name)).toBe('afterRestore\n')
            await httpGet(new URL('/exit', started.url))
            expect(docker('wait', started.name)).toBe('42')
          }
        )
        await withStarted({ image, arguments: ['x', '$(id)'] }, async (started) => {
          expect(await callUntilAnswer(started)).toBe('null|null|[x, $(id)]|true')
          expect(containerLog(started.name)).toContain('arguments are for a normal start')
        })
        const again = [...DECLARED_FLAGS, '--env', 'CRAC_ARGUMENTS=main']
        await withStarted({ image, flags: again, arguments: ['x', '$(id)'] }, async (started) => {
          // The server is back before the main class runs again: the first answers may still be the old ones.
          await answerBecomes(started, 'null|null|[x, $(id)]|true')
          expect(containerLog(started.name)).toBe('afterRestore\n')
        })
        docker('image', 'rm', '--force', image)
      } finally {
        await api.close()
        fixture.remove()
        rmSync(folder, { recursive: true })
      }
    }
  )
})
