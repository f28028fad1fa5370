import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  difference,
  notesOf,
  startIn,
  withRecording,
  type Start
} from '../../../src/image/start/recording.js'
import { dockerfileOf } from '../../../src/image/start/started-image.js'
import { shipped } from '../../../src/shipped.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

/** The path of docker/start/ in an image, which its scripts have. */
const IN_IMAGE = '/opt/crac-start'

// The scripts of docker/start/ record what real shells do, without a container.
describe('a start command that is run once', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  const recorded = async (
    script: string,
    parameters: string[] = [],
    variables: Record<string, string> = {},
    original = ''
  ) => {
    const place = path.join(folder, 'start')
    await cp(path.join(shipped().dockerFolder, 'start'), place, { recursive: true })
    await mkdir(path.join(folder, 'bin'))
    await mkdir(path.join(place, 'record'))
    for (const name of ['before.sh', 'java.sh', 'state.sh']) {
      const text = await readFile(path.join(place, name), 'utf8')
      await writeFile(path.join(place, name), text.replaceAll(IN_IMAGE, place))
    }
    await cp(path.join(place, 'java.sh'), path.join(folder, 'bin/java'))
    await chmod(path.join(folder, 'bin/java'), 0o755)
    if (original !== '') await writeFile(path.join(folder, 'bin/java-original'), original, { mode: 0o755 })
    const file = path.join(folder, 'run.sh')
    await writeFile(file, script, { mode: 0o755 })
    const env = { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: '/home/app', ...variables }
    spawnSync('/bin/sh', [path.join(place, 'before.sh'), file, ...parameters], {
      cwd: folder,
      env,
      input: ''
    })
    const names = await readdir(path.join(place, 'record'))
    const texts = names.map(
      async (name) => [name, await readFile(path.join(place, 'record', name), 'utf8')] as const
    )
    return startIn(new Map(await Promise.all(texts)))
  }

  test('is known with its arguments, variables and working folder, whatever logic it has', async () => {
    const script = `#!/bin/bash
set -euo pipefail
export MODE="\${MODE:-web}" LAYERS=/layers PATH="/layers/bin:$PATH"
case $MODE in web) set -- "-Dname=a  b" "" "$@" ;; esac
cd /usr && exec -a shop java "$@"
`
    expect(await recorded(script, ['two words', '*'], { 'spring.main': 'x' })).toEqual({
      words: [`${folder}/bin/java`, '-Dname=a  b', '', 'two words', '*'],
      environment: { MODE: 'web', LAYERS: '/layers', PATH: `/layers/bin:${folder}/bin:/usr/bin:/bin` },
      workingDirectory: '/usr'
    })
  })

  test('changes nothing besides, where it only starts java', async () => {
    const workingDirectory = folder
    expect(await recorded('#!/bin/sh\nexec java -jar a.jar\n', [], { SHLVL: '3', A: 'b\nc' })).toEqual({
      words: [`${folder}/bin/java`, '-jar', 'a.jar'],
      environment: {},
      workingDirectory
    })
  })

  test.each([
    ['exit 3', 'it did not start java'],
    ['java -jar a.jar', 'it starts java as a child, not with exec'],
    ['java -jar a.jar | cat', 'it starts java as a child'],
    ['java a; exec java b', 'it starts java more than once'],
    ['v=$(java -version 2>&1) || true; exec java -D"$v" a', 'it asks java for its version'],
    ['umask 077; exec java a', 'it changes umask'],
    ['ulimit -c 0 -n 100; exec java a', 'it changes a limit of the process (ulimit)'],
    ["trap '' TERM; exec java a", 'it changes the ignored signals'],
    ['exec java a 2>&1 >/dev/null', 'it changes the standard streams'],
    ['exec 7</dev/null; exec java a', 'it changes the standard streams, or opens files'],
    ['exec nice -n 5 java a', 'it changes the priority (nice)'],
    ['unset GIVEN; exec java a', 'it removes the variable GIVEN'],
    ['export HOME=/x; exec java a', 'it changes the variable HOME'],
    ["export A='b\nc'; exec java a", 'it sets the variable A to several lines']
  ])('%j is a problem', async (line, problem) => {
    expect(await recorded(`#!/bin/bash\n${line}\n`, [], { GIVEN: 'x' })).toEqual({
      problem: expect.stringContaining(problem)
    })
  })

  test('leaves out the libraries of the Java that it starts: another JDK must not load them', async () => {
    const script = '#!/bin/sh\nexport LD_LIBRARY_PATH="$1" EMPTY=\nexec java a\n'
    const found = await recorded(script, [`${folder}/lib:/layers/lib:${folder}/lib/server`])
    expect(found).toMatchObject({ environment: { LD_LIBRARY_PATH: '/layers/lib', EMPTY: '' } })
  })

  test.each([
    [
      'a link in a folder of the system',
      'usr/bin/java',
      (home: string) => `ln -s ${home}/bin/java usr/bin/java`
    ],
    [
      'the java that the recording adds',
      'added/bin/java',
      (home: string) =>
        `cp ${home}/bin/java added/bin/ && ln -s ${home}/bin/java-original added/bin/java-original`
    ]
  ])('leaves out the libraries of the Java behind %s', async (_, java, prepare) => {
    const lines = [
      'mkdir -p usr/bin added/bin',
      prepare(folder),
      'export LD_LIBRARY_PATH="$1"',
      `exec ${java} a`
    ]
    const found = await recorded(`#!/bin/sh\n${lines.join('\n')}\n`, [`${folder}/lib/server:/usr/lib/x`])
    expect(found).toMatchObject({ environment: { LD_LIBRARY_PATH: '/usr/lib/x' } })
  })

  test('keeps the libraries of the system, where java is a file of the system', () => {
    const status = 'Umask:\t0022\n'
    const records = new Map([
      ...['before', 'java'].map((name) => [`${name}.status`, status] as const),
      ['java.cmdline', '/bin/sh\0/usr/bin/java\0a\0'],
      ['java.original', '/usr/bin/java-original\n'],
      ['java.environ', 'LD_LIBRARY_PATH=/usr/lib/x\0']
    ])
    expect(startIn(records)).toMatchObject({ environment: { LD_LIBRARY_PATH: '/usr/lib/x' } })
  })

  test('gets the version of the java of the image, also behind a link', async () => {
    const script = '#!/bin/sh\nln -s bin/java link\nv=$(./link -version 2>&1); exec java -D"$v" a\n'
    expect(await recorded(script, [], {}, '#!/bin/sh\necho 21\n')).toMatchObject({
      words: [`${folder}/bin/java`, '-D21', 'a']
    })
  })

  test('the variables of the buildpacks that a launcher removes may stay', async () => {
    const script = '#!/bin/sh\nunset CNB_PLATFORM_API\nexec java a\n'
    expect(await recorded(script, [], { CNB_PLATFORM_API: '0.12' })).toMatchObject({
      words: [`${folder}/bin/java`, 'a']
    })
  })

  test('is not the same each time, if anything of it is not', () => {
    const start: Start = { words: ['java', 'a'], environment: { A: 'b' }, workingDirectory: '/' }
    expect(difference(start, { ...start })).toBeUndefined()
    expect(difference(start, { ...start, words: ['java', 'b'] })).toBe('the arguments of java')
    expect(difference(start, { ...start, environment: {} })).toBe('the variable A')
    expect(difference(start, { ...start, workingDirectory: '/x' })).toBe('the working folder')
  })

  test('is described by the names of its variables, its sizes and its files, without values', () => {
    const environment = { JAVA_TOOL_OPTIONS: '-Dp=hunter2 -Xmx64m -XX:MaxMetaspaceSize=9M', TOKEN: 'hunter2' }
    const start: Start = { words: ['java', '-XX:ActiveProcessorCount=2'], environment, workingDirectory: '/' }
    const text = notesOf(['/cnb/process/web'], start, ['/layers/x']).join('\n')
    expect(text).toContain('/cnb/process/web was run up to java, without a network and with 1 GB of memory')
    expect(text).toContain('the image has them: JAVA_TOOL_OPTIONS, TOKEN.')
    expect(text).toContain('fixed, too: -Xmx64m -XX:MaxMetaspaceSize=9M. `java-options` can set others.')
    expect(text).toContain('fixed, too: -XX:ActiveProcessorCount=2. They win over `java-options`')
    expect(text).toContain('the image has them: /layers/x.')
    expect(text).not.toContain('hunter2')
  })

  test('changes the configuration of the image', () => {
    const start = { words: ['java'], environment: { A: 'b', PATH: '/x' }, workingDirectory: '/srv' }
    const config = { Env: ['PATH=/bin'], WorkingDir: '/', User: 'x' }
    expect(withRecording(config, { ...start, written: new Map(), notes: [] })).toEqual({
      ...{ Env: ['PATH=/bin', 'A=b', 'PATH=/x'], WorkingDir: '/srv', User: 'x' }
    })
    expect(withRecording(config, undefined)).toBe(config)
  })

  test('gets an image with its variables', () => {
    const environment = { A: 'b "c" \\ $D', 'e.f': '' }
    expect(dockerfileOf('base:1', { environment, written: new Map() })).toBe(
      'FROM base:1\nENV A="b \\"c\\" \\\\ \\$D"\nENV e.f=""\n'
    )
  })
})
