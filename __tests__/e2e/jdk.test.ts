import { expect } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { StepResult } from '../../lab/runner.js'
import { startVendorApis } from '../../lab/vendor-apis.js'
import { httpGet } from '../../lab/http.js'
import { startGitHubStandIn, offer } from '../../lab/github-api/server.js'
import { DECLARED_FLAGS, callUntilAnswer } from '../../lab/started-image.js'
import {
  answerBecomes,
  docker,
  e2eSuite,
  errorOf,
  freshTag,
  labTest,
  runAction,
  untilLogged,
  withStarted,
  world
} from './support/lab.js'

e2eSuite('the distributions of JDKs', ['Server'], ({ folder, context, job: run }) => {
  /** The whole job without a push, and one call of the image that comes out. */
  async function job(
    inputs: Record<string, string>,
    environment: NodeJS.ProcessEnv = {}
  ): Promise<StepResult> {
    const image = freshTag('distribution')
    const step = await run(
      { tags: image, ...inputs },
      {
        toolCache: path.join(folder, 'cache'),
        workspace: folder,
        environment: { ...world.environment, ...environment }
      }
    )
    await withStarted({ image }, async (started) => {
      expect(await callUntilAnswer(started)).toBe('null|null|[]|true')
      expect(await untilLogged(started.name, 'afterRestore')).toBe('afterRestore\n')
    })
    const ofCriu = 'stat -c "%a %U" /opt/crac-java/lib/criu 2>/dev/null || echo none'
    step.outputs['criu-in-jdk'] = docker('run', '--rm', '--entrypoint', 'sh', image, '-c', ofCriu)
    docker('image', 'rm', '--force', image)
    return step
  }

  labTest.each([
    ['zulu', '21.0.12', /^zulu21\.52\.17-ca-crac-jdk21\.0\.12-linux_(x64|aarch64)\.tar\.gz$/],
    ['liberica', '21.0.99+1', /^bellsoft-jdk21\.0\.99\+1-linux-(amd64|aarch64)-crac\.tar\.gz$/]
  ])(
    '%s: found in the listing of its API, verified, checkpointed and restored',
    async (distribution, version, name) => {
      const apis = await startVendorApis(world.jdkArchive ?? '')
      try {
        const environment = { AZUL_API_URL: apis.azulApiUrl, BELLSOFT_API_URL: apis.bellsoftApiUrl }
        const { outputs } = await job({ distribution, 'java-version': '21' }, environment)
        expect(outputs['java-version']).toBe(version)
        expect(outputs['jdk-asset']).toMatch(name)
      } finally {
        await apis.close()
      }
    }
  )

  labTest('file: the archive of the workspace; owner and setuid bit of lib/criu survive', async () => {
    repack('vendor-jdk.tar.gz', 'mkdir -p jdk/lib && cp /bin/true jdk/lib/criu && chmod 4755 jdk/lib/criu')
    const { outputs, log } = await job({ distribution: 'file', 'jdk-file': 'vendor-jdk.tar.gz' })
    expect(outputs['jdk-asset']).toBe('vendor-jdk.tar.gz')
    expect(outputs['criu-in-jdk']).toBe('4755 root')
    expect(log).toContain('To pin vendor-jdk.tar.gz, set `jdk-sha256: ')
  })

  labTest('a JDK without CRaC is refused, with the fix', async () => {
    // It neither lists nor accepts the options of CRaC, like an ordinary OpenJDK, whatever JDK the lab has.
    const java = [
      '#!/bin/sh',
      'case "$*" in *-XX:CRaC*) echo "Unrecognized VM option" >&2; exit 1;; esac',
      'case "$*" in *PrintFlagsFinal*) "${0%/*}/java-real" "$@" | grep -v CRaC; exit;; esac',
      'exec "${0%/*}/java-real" "$@"'
    ]
    const script = ["cat >jdk/bin/java <<'END'", ...java, 'END', 'chmod +x jdk/bin/java']
    repack('plain-jdk.tar.gz', ['mv jdk/bin/java jdk/bin/java-real', ...script].join('\n'))
    const inputs = { context, distribution: 'file', 'jdk-file': 'plain-jdk.tar.gz' }
    const step = await runAction(inputs, { workspace: folder })
    expect(step.exitCode).toBe(1)
    expect(errorOf(step)).toMatch(
      /The JDK cannot take checkpoints: openjdk version "\d+[\s\S]*with CRaC[\s\S]*category: jdk/
    )
  })

  /** The archive of the lab's JDK, changed by a shell script. */
  function repack(name: string, script: string): void {
    const work = path.join(folder, 'repack')
    const commands = [
      `mkdir ${work}/jdk && tar -xzf "$1" --strip-components=1 -C ${work}/jdk`,
      `cd ${work} && ${script}`,
      `tar --owner=0 --group=0 -I 'gzip -1' -cf ../${name} jdk`
    ]
    mkdirSync(work)
    execFileSync('sh', ['-ec', commands.join('\n'), 'sh', world.jdkArchive ?? ''])
    rmSync(work, { recursive: true })
  }
})

e2eSuite('a runnable jar with another JDK', ['Server'], ({ folder, context }) => {
  labTest('is checkpointed with the requested release, and restored with new arguments', async () => {
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
          context,
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
          expect(await untilLogged(started.name, 'afterRestore')).toBe('afterRestore\n')
          await httpGet(new URL('/exit', started.url))
          expect(docker('wait', started.name)).toBe('42')
        }
      )
      await withStarted({ image, arguments: ['x', '$(id)'] }, async (started) => {
        expect(await callUntilAnswer(started)).toBe('null|null|[x, $(id)]|true')
        const line = 'this container has arguments, so the application starts normally.'
        await untilLogged(started.name, line)
      })
      const again = [...DECLARED_FLAGS, '--env', 'CRAC_ARGUMENTS=main']
      await withStarted({ image, flags: again, arguments: ['x', '$(id)'] }, async (started) => {
        // The server is back before the main class runs again: the first answers may still be the old ones.
        await answerBecomes(started, 'null|null|[x, $(id)]|true')
        expect(await untilLogged(started.name, 'afterRestore')).toBe('afterRestore\n')
      })
      docker('image', 'rm', '--force', image)
    } finally {
      await api.close()
    }
  })
})
