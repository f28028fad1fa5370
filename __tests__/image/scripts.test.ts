import { beforeEach, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// The scripts of the images, with a `java` that notes how it was called: which option of which generation they use.
describe('the scripts in the images', () => {
  let home: string
  temporaryFolder((created) => (home = created))
  beforeEach(async () => {
    for (const folder of ['image', 'checkpoint'])
      for (const name of await readdir(path.join(ROOT, 'docker', folder)))
        await copyFile(path.join(ROOT, 'docker', folder, name), path.join(home, name))
    for (const folder of ['bin', 'snapshot', 'evidence', 'criu/system', 'criu/bundled'])
      await mkdir(path.join(home, folder), { recursive: true })
    const files = {
      'bin/java':
        '#!/bin/sh\nprintf "%s\\n" "$@" >"$HOME/arguments-of-java"\necho "$CRAC_CRIU_PATH|$CRAC_CRIU_OPTS" >"$HOME/environment-of-java"\n',
      'java-options': '-Xmx1g\n-Dtext=a  b $(id) `id` \\ "x"\n',
      'checkpoint-options': '-Dspring.context.checkpoint=onRefresh\n',
      application: '-jar\n/app/app.jar\n',
      arguments: 'first\nsecond one\n',
      'main-class': 'Main\n',
      'cpu-features': 'generic\n',
      'taken-by': 'system/checkpoint_restore\n',
      'criu/system/options': '--unprivileged\n',
      'criu/bundled/options': '',
      'jvm-flags': 'CRaCCheckpointTo\nCPUFeatures\n',
      'snapshot/criu-options': '--inherit-fd fd[1]:pipe:[1]\n'
    }
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(home, name), content)
    await chmod(path.join(home, 'bin/java'), 0o755)
  })

  const TAKEN_BY = 'system/checkpoint_restore'
  const CRIU = `criu/${TAKEN_BY}/criu`
  async function checkpoint(takenBy = TAKEN_BY, ...options: string[]) {
    return await run('checkpoint.sh', [takenBy, ...options])
  }
  async function run(script: string, args: string[] = [], environment: Record<string, string> = {}) {
    const env = { PATH: `${home}/bin:${process.env['PATH']}`, HOME: home, ...environment }
    const { stderr } = spawnSync('sh', [path.join(home, script), ...args], { env, encoding: 'utf8' })
    const read = async (name: string) => (await readFile(path.join(home, name), 'utf8')).trimEnd()
    return {
      stderr,
      java: (await read('arguments-of-java')).split('\n'),
      environment: await read('environment-of-java')
    }
  }
  const OPTIONS = ['-Xmx1g', '-Dtext=a  b $(id) `id` \\ "x"']

  test('a checkpoint selects CRIU by environment variables and passes each option unchanged', async () => {
    expect(await checkpoint()).toMatchObject({
      java: [
        `-XX:CRaCCheckpointTo=${home}/snapshot`,
        '-XX:CPUFeatures=generic',
        ...OPTIONS,
        '-Dspring.context.checkpoint=onRefresh',
        '-jar',
        '/app/app.jar',
        'first',
        'second one'
      ],
      environment: `${home}/${CRIU}|--unprivileged`
    })
  })

  test('options of the action precede the options of the user, which win', async () => {
    const { java } = await checkpoint(TAKEN_BY, '-Djdk.crac.collect-fd-stacktraces=true')
    expect(java.indexOf('-Djdk.crac.collect-fd-stacktraces=true')).toBeLessThan(java.indexOf('-Xmx1g'))
  })

  test('the CRIU of the JDK gets neither --unprivileged nor an empty argument', async () => {
    expect((await checkpoint('bundled/sys_admin')).environment).toBe(`${home}/criu/bundled/sys_admin/criu|`)
    await writeFile(path.join(home, 'engine-options'), 'criu_location=<path>\n')
    expect((await checkpoint('bundled/sys_admin')).java[0]).toBe(
      `-XX:CRaCEngineOptions=criu_location=${home}/criu/bundled/sys_admin/criu`
    )
  })

  test('selects Warp by the option that the JVM has, without CRIU', async () => {
    expect(await checkpoint('warp')).toMatchObject({ environment: '|' })
    expect((await checkpoint('warp')).java[0]).toBe('-XX:CREngine=warp')
    await writeFile(path.join(home, 'jvm-flags'), 'CRaCCheckpointTo\nCRaCEngine\nCREngine\n')
    expect((await checkpoint('warp')).java[0]).toBe('-XX:CRaCEngine=warp')
    await writeFile(path.join(home, 'taken-by'), 'warp\n')
    const restored = await run('entrypoint.sh', [], { CRAC_ON_RESTORE_FAILURE: 'exit' })
    expect(restored.java).toEqual(['-XX:CRaCEngine=warp', `-XX:CRaCRestoreFrom=${home}/snapshot`])
    // Its end is the end of the application, not a failed restore.
    expect(restored.stderr).toBe('')
  })

  test('a JVM without the option CPUFeatures does not get it', async () => {
    await writeFile(path.join(home, 'jvm-flags'), 'CRaCCheckpointTo\n')
    expect((await checkpoint()).java).not.toContain('-XX:CPUFeatures=generic')
  })

  test('an engine with the option criu_location gets CRIU by that option', async () => {
    await writeFile(
      path.join(home, 'engine-options'),
      'criu_location=<path>   path to CRIU executable\nargs=<string>\n'
    )
    const taken = await checkpoint()
    expect(taken.java[0]).toBe(`-XX:CRaCEngineOptions=criu_location=${home}/${CRIU},args=--unprivileged`)
    expect(taken.environment).toBe('|')
    await writeFile(path.join(home, 'snapshot/criu-options'), '--inherit-fd fd[1]:pipe:[1]\n')
    const restore = await run('entrypoint.sh', [], { CRAC_ON_RESTORE_FAILURE: 'exit' })
    expect(restore.java[0]).toMatch(
      /^-XX:CRaCEngineOptions=criu_location=.*,args=--unprivileged --pidfile .* --inherit-fd fd\[1\]:pipe:\[1\] ?$/
    )
  })

  test('an engine without that option gets CRIU by environment variables', async () => {
    await writeFile(path.join(home, 'engine-options'), 'keep_running=<bool>\n')
    expect((await checkpoint()).environment).toBe(`${home}/${CRIU}|--unprivileged`)
  })

  test('a restore uses only the -D options of JAVA_OPTS', async () => {
    const restore = await run('entrypoint.sh', [], {
      JAVA_OPTS: '-Da=1 -Xmx9g  -Db=*',
      CRAC_ON_RESTORE_FAILURE: 'exit'
    })
    expect(restore.java).toEqual([`-XX:CRaCRestoreFrom=${home}/snapshot`, '-Da=1', '-Db=*'])
    expect(restore.stderr).toContain('could not be restored here; see the lines above')
  })

  test('a normal start uses all of JAVA_OPTS, after the options of the image', async () => {
    const start = await run('entrypoint.sh', [], { JAVA_OPTS: '-Xmx9g', CRAC_RESTORE: 'false' })
    expect(start.java).toEqual([...OPTIONS, '-Xmx9g', '-jar', '/app/app.jar', 'first', 'second one'])
  })

  test('arguments replace the default ones, unchanged', async () => {
    const start = await run('entrypoint.sh', ['$(id)', 'a b', '-x'])
    expect(start.java).toEqual([...OPTIONS, '-jar', '/app/app.jar', '$(id)', 'a b', '-x'])
    expect(start.stderr).toContain('arguments are for a normal start')
    const again = await run('entrypoint.sh', ['$(id)', 'a b'], {
      CRAC_ARGUMENTS: 'main',
      CRAC_ON_RESTORE_FAILURE: 'exit'
    })
    expect(again.java.slice(-3)).toEqual(['Main', '$(id)', 'a b'])
  })
})
