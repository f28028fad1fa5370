import { beforeEach, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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
  async function run(
    script: string,
    args: string[] = [],
    environment: Record<string, string> = {},
    shell = 'sh'
  ) {
    const env = { PATH: `${home}/bin:${process.env['PATH']}`, HOME: home, ...environment }
    const { stderr, status } = spawnSync(shell, [path.join(home, script), ...args], { env, encoding: 'utf8' })
    const read = async (name: string) =>
      (await readFile(path.join(home, name), 'utf8').catch(() => '')).trimEnd()
    return {
      stderr,
      exitCode: status,
      java: (await read('arguments-of-java')).split('\n'),
      environment: await read('environment-of-java')
    }
  }
  /** Starts the image with a JVM that runs the commands instead of a restore; CRIU's pid file is $mark. */
  async function restoreWith(commands: string, environment: Record<string, string> = {}, shell = 'sh') {
    const java = `#!/bin/sh
mark=\${CRAC_CRIU_OPTS#*--pidfile }
mark=\${mark%% *}
case $* in *CRaCRestoreFrom*) ${commands} ;; esac
printf "%s\\n" "$@" >"$HOME/arguments-of-java"
tr "\\0" "\\n" </proc/$$/environ >"$HOME/environment-of-java"
`
    await writeFile(path.join(home, 'bin/java'), java)
    const { stderr, ...rest } = await run('entrypoint.sh', [], environment, shell)
    return { ...rest, said: stderr.split('\n').filter((line) => line.startsWith('crac-checkpoint: ')) }
  }
  const RESTORED =
    'echo 129 >"$mark"; tr "\\0" "\\n" </proc/$$/environ >"$HOME/environment-of-java"; printf "%s\\n" "$@" >"$HOME/arguments-of-java"'
  const NORMAL =
    'crac-checkpoint: the snapshot could not be restored here; starting the application normally. Cause: '
  const SEE =
    '. See https://github.com/org/crac-checkpoint/blob/main/docs/running.md#lines-that-the-container-prints'

  /** For files that were deleted while they are in use. */
  const GHOSTS = '--ghost-limit 128M'
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
      environment: `${home}/${CRIU}|--unprivileged ${GHOSTS}`
    })
  })

  test('options of the action precede the options of the user, which win', async () => {
    const { java } = await checkpoint(TAKEN_BY, '-Djdk.crac.collect-fd-stacktraces=true')
    expect(java.indexOf('-Djdk.crac.collect-fd-stacktraces=true')).toBeLessThan(java.indexOf('-Xmx1g'))
  })

  test.each([
    ['28', {}, ''],
    ['32', {}, ''],
    ['33', {}, 'glibc.pthread.rseq=0'],
    ['33', { GLIBC_TUNABLES: 'glibc.malloc.check=1' }, 'glibc.malloc.check=1:glibc.pthread.rseq=0'],
    ['33', { GLIBC_TUNABLES: 'glibc.pthread.rseq=1' }, 'glibc.pthread.rseq=1'],
    ['', {}, '']
  ])(
    'on a kernel with rseq of %j bytes and the variables %j the JVM has GLIBC_TUNABLES=%s',
    async (size, variables, tunables) => {
      const entry = (type: number, value: string) => `printf ' %20s %20s\\n' ${type} ${value}\n`
      const auxiliary = entry(6, '4096') + (size === '' ? '' : entry(27, size)) + entry(28, '27')
      await writeFile(path.join(home, 'bin/od'), `#!/bin/sh\n${auxiliary}`)
      await chmod(path.join(home, 'bin/od'), 0o755)
      await writeFile(
        path.join(home, 'bin/java'),
        '#!/bin/sh\necho "${GLIBC_TUNABLES:-}" >"$HOME/environment-of-java"\n'
      )
      const { environment } = await run('checkpoint.sh', [TAKEN_BY], variables)
      expect(environment).toBe(tunables)
    }
  )

  test('the CRIU of the JDK does not get --unprivileged', async () => {
    expect((await checkpoint('bundled/sys_admin')).environment).toBe(
      `${home}/criu/bundled/sys_admin/criu|${GHOSTS}`
    )
    await writeFile(path.join(home, 'criu-location'), '')
    expect((await checkpoint('bundled/sys_admin')).java[0]).toBe(
      `-XX:CRaCEngineOptions=criu_location=${home}/criu/bundled/sys_admin/criu,args=${GHOSTS}`
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
    await writeFile(path.join(home, 'criu-location'), '')
    const taken = await checkpoint()
    expect(taken.java[0]).toBe(
      `-XX:CRaCEngineOptions=criu_location=${home}/${CRIU},args=--unprivileged ${GHOSTS}`
    )
    expect(taken.environment).toBe('|')
    await writeFile(path.join(home, 'snapshot/criu-options'), '--inherit-fd fd[1]:pipe:[1]\n')
    const restore = await run('entrypoint.sh', [], { CRAC_ON_RESTORE_FAILURE: 'exit' })
    expect(restore.java[0]).toMatch(
      /^-XX:CRaCEngineOptions=criu_location=.*,args=--unprivileged --pidfile .* --inherit-fd fd\[1\]:pipe:\[1\] ?$/
    )
  })

  test('an engine without that option gets CRIU by environment variables', async () => {
    expect((await checkpoint()).environment).toBe(`${home}/${CRIU}|--unprivileged ${GHOSTS}`)
  })

  test('a restore uses only the -D options of JAVA_OPTS', async () => {
    const restore = await run('entrypoint.sh', [], {
      JAVA_OPTS: '-Da=1 -Xmx9g  -Db=*',
      CRAC_ON_RESTORE_FAILURE: 'exit'
    })
    expect(restore.java).toEqual([`-XX:CRaCRestoreFrom=${home}/snapshot`, '-Da=1', '-Db=*'])
    expect(restore.stderr).toContain('cannot take these options of JAVA_OPTS: -Xmx9g\n')
    expect(restore.stderr).toContain('could not be restored here: ')
  })

  test.each([
    ['Asia/Ho_Chi_Minh', ['-Duser.timezone=Asia/Ho_Chi_Minh', '-Da=1']],
    ['UTC', ['-Duser.timezone=UTC', '-Da=1']],
    // What Java does not know would mean GMT.
    ['CET-1CEST', ['-Da=1']],
    ['/etc/localtime', ['-Da=1']],
    [':Europe/Berlin', ['-Da=1']]
  ])('a restore gives TZ=%s to the JVM if it is the name of a zone of Java', async (TZ, properties) => {
    const { java } = await restoreWith(`${RESTORED}; exit`, { TZ, JAVA_OPTS: '-Da=1' })
    expect(java).toEqual([`-XX:CRaCRestoreFrom=${home}/snapshot`, ...properties])
  })

  test('a normal start uses all of JAVA_OPTS, after the options of the image', async () => {
    const start = await run('entrypoint.sh', [], { JAVA_OPTS: '-Xmx9g', CRAC_RESTORE: 'false' })
    expect(start.java).toEqual([...OPTIONS, '-Xmx9g', '-jar', '/app/app.jar', 'first', 'second one'])
  })

  test('options of variables that the image itself sets are left out, and are not named at a restore', async () => {
    await writeFile(
      path.join(home, 'own-options'),
      'JAVA_TOOL_OPTIONS=-Xint -Da=1\nJAVA_OPTS=-Xmx64m -Db=2\n'
    )
    const own = { JAVA_OPTS: '-Xmx64m -Db=2', JAVA_TOOL_OPTIONS: '-Xint -Da=1' }
    const restored = await restoreWith(`${RESTORED}; exit`, own)
    expect(restored.java).toEqual([`-XX:CRaCRestoreFrom=${home}/snapshot`])
    expect(restored.said).toEqual([])
    expect(restored.environment).not.toContain('JDK_JAVA_OPTIONS')
    const start = await run('entrypoint.sh', [], { ...own, CRAC_RESTORE: 'false' })
    expect(start.java).toEqual([...OPTIONS, '-jar', '/app/app.jar', 'first', 'second one'])
    const given = await run('entrypoint.sh', [], { JAVA_OPTS: '-Xmx9g', CRAC_RESTORE: 'false' })
    expect(given.java).toContain('-Xmx9g')
  })

  test('a normal start uses the archive of classes, if that is whole and not switched off', async () => {
    await mkdir(path.join(home, 'archive'))
    const [archive, option] = [path.join(home, 'archive/classes.cds'), '-XX:SharedArchiveFile=/archive']
    await writeFile(archive, '0123456789')
    await writeFile(path.join(home, 'archive/java-options'), `${option}\n`)
    await writeFile(path.join(home, 'archive/size'), `10 ${archive}\n`)
    const start = async (environment = {}) =>
      await run('entrypoint.sh', [], { CRAC_RESTORE: 'false', JAVA_OPTS: '-Xshare:on', ...environment })
    const usual = ['-jar', '/app/app.jar', 'first', 'second one']
    expect((await start()).java).toEqual([...OPTIONS, option, '-Xshare:on', ...usual])
    expect((await start({ CRAC_ARCHIVE: 'false' })).java).toEqual([...OPTIONS, '-Xshare:on', ...usual])
    await writeFile(archive, '012345678')
    expect(await start()).toMatchObject({ java: [...OPTIONS, '-Xshare:on', ...usual], stderr: '' })
    await writeFile(path.join(home, 'archive/java-options'), '')
    expect((await start()).java).not.toContain(option)
  })

  describe('the training of an archive', () => {
    const AOT = 'AOTCacheOutput\nRecordDynamicDumpInfo\n'
    async function train(kind: string, flags: string, jvm: string) {
      await mkdir(path.join(home, 'lib/server'), { recursive: true })
      await writeFile(path.join(home, 'lib/server/libjvm.so'), jvm)
      await writeFile(path.join(home, 'jvm-flags'), flags)
      for (const name of ['arguments-of-java', 'environment-of-java'])
        await writeFile(path.join(home, name), 'not started')
      return await run('train.sh', [kind], {
        JAVA_HOME: home,
        JAVA_OPTS: '-Xmx9g',
        CRAC_ARCHIVE_FOLDER: path.join(home, 'made')
      })
    }

    test.each([
      ['auto', AOT, '\0AOT.end_recording\0', 'AOTCacheOutput=HOME/made/classes.aot'],
      ['auto', AOT, 'Java 25.0.2', '+RecordDynamicDumpInfo'],
      ['auto', 'RecordDynamicDumpInfo\n', '', '+RecordDynamicDumpInfo'],
      ['cds', AOT, '\0AOT.end_recording\0', '+RecordDynamicDumpInfo']
    ])('%s with the flags %j and the JVM %j records with %s', async (kind, flags, jvm, option) => {
      const { java } = await train(kind, flags, jvm)
      const recording = `-XX:${option.replace('HOME', home)}`
      expect(java).toEqual([...OPTIONS, recording, '-Xmx9g', '-jar', '/app/app.jar', 'first', 'second one'])
    })

    test.each([
      ['aot', AOT, 'Java 25.0.2'],
      ['cds', 'none\n', '']
    ])('%s is refused by a JVM that cannot write it', async (kind, flags, jvm) => {
      expect((await train(kind, flags, jvm)).java).toEqual(['not started'])
    })
  })

  test('arguments replace the default ones, unchanged', async () => {
    const start = await run('entrypoint.sh', ['$(id)', 'a b', '-x'])
    expect(start.java).toEqual([...OPTIONS, '-jar', '/app/app.jar', '$(id)', 'a b', '-x'])
    expect(start.stderr).toContain('this container has arguments, so the application starts normally.')
    const again = await run('entrypoint.sh', ['$(id)', 'a b'], {
      CRAC_ARGUMENTS: 'main',
      CRAC_ON_RESTORE_FAILURE: 'exit'
    })
    expect(again.java.slice(-3)).toEqual(['Main', '$(id)', 'a b'])
  })

  test.each(['sh', 'bash'])(
    '%s: the exit code of a restored application is that of the container',
    async (shell) => {
      const { said, exitCode } = await restoreWith(`${RESTORED}; exit 7`, {}, shell)
      expect({ said, exitCode }).toEqual({ said: [], exitCode: 7 })
      // The mark of this start is gone.
      expect((await readdir(home)).filter((name) => name.startsWith('.crac'))).toEqual([])
    }
  )

  test('once the watchdog has seen the mark of the restore, nothing ends the application', async () => {
    // The watchdog is the other child of the script.
    const watched = `
      state() { for child in $(cat /proc/$PPID/task/$PPID/children); do [ $child = $$ ] || sed -n "/^State:/p" /proc/$child/status; done; }
      while case $(state) in "" | *Z*) false ;; esac; do :; done`
    // Who removes the mark: another container with the same home folder.
    const { said, exitCode } = await restoreWith(`${RESTORED}; ${watched}; rm "$mark"; exit 7`)
    expect({ said, exitCode }).toEqual({ said: [], exitCode: 7 })
  })

  test('a restore that does not finish is ended, and the application starts normally', async () => {
    const { said, java } = await restoreWith('exec sleep 60', { CRAC_RESTORE_TIMEOUT: '1' })
    expect(said).toEqual([
      `${NORMAL}the restore was not complete after 1 s. Raise CRAC_RESTORE_TIMEOUT${SEE}`
    ])
    expect(java).toContain('/app/app.jar')
  })

  test('a JVM that crashes right after its restore is not a restore', async () => {
    const { said, java } = await restoreWith('echo 129 >"$mark"; exit 134')
    expect(said).toEqual([`${NORMAL}the restored JVM ended with exit code 134${SEE}`])
    expect(java).toContain('/app/app.jar')
  })

  test('a signal during a restore ends the container', async () => {
    const { said, exitCode } = await restoreWith('kill -TERM $PPID; exec sleep 60')
    expect({ said, exitCode }).toEqual({ said: [], exitCode: 143 })
  })

  test('of the variables with options for the JVM, a restore uses the -D options and names the others', async () => {
    const { said, java, environment } = await restoreWith(`${RESTORED}; exit`, {
      JDK_JAVA_OPTIONS: '-XX:MaxRAMPercentage=60 -Da=1',
      JAVA_TOOL_OPTIONS: '-javaagent:/agent.jar=secret -Db=*',
      _JAVA_OPTIONS: '-Dc="d e"'
    })
    expect(said).toEqual([
      'crac-checkpoint: a restored JVM cannot take these options of JDK_JAVA_OPTIONS: -XX:MaxRAMPercentage',
      'crac-checkpoint: a restored JVM cannot take these options of JAVA_TOOL_OPTIONS: -javaagent:/agent.jar',
      'crac-checkpoint: a restored JVM cannot take these options of _JAVA_OPTIONS: any, because of its quotation marks'
    ])
    expect(java).toEqual([`-XX:CRaCRestoreFrom=${home}/snapshot`])
    expect(environment).toContain('JDK_JAVA_OPTIONS=-Da=1 -Db=*\n')
    expect(environment).not.toContain('_OPTIONS=-X')
    expect(environment).not.toContain('secret')
  })

  test('a normal start leaves the variables with options to the JVM', async () => {
    const { environment } = await restoreWith('exit 1', { JDK_JAVA_OPTIONS: '-XX:MaxRAMPercentage=60' })
    expect(environment).toContain('JDK_JAVA_OPTIONS=-XX:MaxRAMPercentage=60\n')
  })

  test.each(['false', 'true'])(
    'names that are not identifiers reach the JVM (restore: %s)',
    async (restored) => {
      const names = { 'spring.datasource.url': 'jdbc:x', 'my-key': 'a\nb', UID: '5' }
      const { environment, java } = await restoreWith(
        `${RESTORED}; exit`,
        { ...names, CRAC_RESTORE: restored },
        'bash'
      )
      for (const [name, value] of Object.entries(names)) expect(environment).toContain(`${name}=${value}`)
      expect(environment).not.toMatch(/^(SHLVL|PWD|OLDPWD)=/m)
      expect(java.join()).not.toContain('jdbc')
    }
  )

  test('a CPU without a feature of the checkpoint starts normally', async () => {
    await writeFile(path.join(home, 'snapshot/cpu-flags'), 'avx99 ')
    const { said } = await restoreWith(RESTORED)
    expect(said).toEqual([
      `${NORMAL}this CPU lacks avx99, which the CPU of the checkpoint has. Build the image again with the input cpu-features: generic${SEE}`
    ])
  })

  test('a snapshot that this user cannot read is named as the cause', async () => {
    await rm(path.join(home, 'snapshot/criu-options'))
    const { said } = await restoreWith(RESTORED)
    expect(said).toEqual([
      `${NORMAL}the user of this container cannot read the snapshot. Remove --user (runAsUser in Kubernetes)${SEE}`
    ])
  })

  describe('after a restore that failed, the cause is', () => {
    const cause = async (needed: string): Promise<string> => {
      await writeFile(path.join(home, 'snapshot/needed-files'), needed)
      const { said } = await restoreWith('exit 1')
      return said.join('\n')
    }
    // The test's own container may lack what a restore needs; that is then the cause.
    const granted = spawnSync('sh', [
      '-c',
      'echo $((0x$(sed -n "s/^CapBnd:.//p" /proc/self/status) >> 40 & 1))'
    ])
    const grantedTest = granted.stdout.toString().trim() === '1' ? test : test.skip

    grantedTest('a file that is missing, whose name may have spaces', async () => {
      const present = path.join(home, 'java-options')
      expect(await cause(`- ${present}\nx ${home}/the library.so\n- ${home}/later\n`)).toBe(
        `${NORMAL}this container lacks ${home}/the library.so, which the snapshot needs. Mount nothing over its folder${SEE}`
      )
    })

    grantedTest('a process id of the snapshot that another process has', async () => {
      for (const id of [4_194_304, process.pid])
        await writeFile(path.join(home, `snapshot/core-${id}.img`), '')
      expect(await cause('')).toBe(
        `${NORMAL}the process id ${process.pid}, which the snapshot needs, is in use: this container shares its process ids (--pid, hostPID, shareProcessNamespace)${SEE}`
      )
    })

    grantedTest('in the lines of CRIU, if nothing else is seen', async () => {
      expect(await cause(`x ${home}/bin/java\n`)).toMatch(/Cause: see the lines of CRIU above\. See /)
    })

    grantedTest('the seccomp profile, if CRIU cannot use clone3', async () => {
      await mkdir(path.join(home, 'criu/system/checkpoint_restore'))
      await writeFile(
        path.join(home, CRIU),
        '#!/bin/sh\necho "Warn  (criu/cr-check.c:1248): clone3() with set_tid not supported" >&2; exit 1\n'
      )
      await chmod(path.join(home, CRIU), 0o755)
      expect(await cause('')).toContain('the seccomp profile of this container blocks clone3')
    })
  })

  test('files that the application wrote to /tmp are copied to a /tmp that lacks them', async () => {
    const name = path.basename(home)
    await mkdir(path.join(home, 'tmp'))
    await writeFile(path.join(home, `tmp/${name}-file`), 'uploaded')
    try {
      await restoreWith(`${RESTORED}; exit`)
      expect(await readFile(`/tmp/${name}-file`, 'utf8')).toBe('uploaded')
    } finally {
      await rm(`/tmp/${name}-file`, { force: true })
    }
  })
})
