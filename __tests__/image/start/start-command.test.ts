import { describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startCommand } from '../../../src/image/start/start-command.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

interface Image {
  Entrypoint?: string[]
  Cmd?: string[]
  WorkingDir?: string
}

/** Returns the start command of an image with these scripts and variables. */
const of = async (
  config: Image,
  {
    scripts = {},
    variables = {}
  }: { scripts?: Record<string, string>; variables?: Record<string, string> } = {}
) => await startCommand({ config, variables, readText: (file) => Promise.resolve(scripts[file]) })

const JAVA = ['java', '-jar', 'app.jar']

describe('the start command of an image', () => {
  test('in the exec form is what it says', async () => {
    expect(await of({ Entrypoint: JAVA, Cmd: ['serve'] })).toEqual({ words: [...JAVA, 'serve'], notes: [] })
    expect(await of({})).toEqual({ words: [], notes: [] })
  })

  test.each<[string[]]>([
    [['/usr/bin/tini', '--']],
    [['dumb-init', '--']],
    [['/__cacert_entrypoint.sh']],
    [['tini', '-g', '--', '/prepare.sh']]
  ])('%j only prepares, in front of java and of a shell', async (before) => {
    const scripts = { '/prepare.sh': '#!/bin/sh\nmkdir -p /tmp/x\nexec "$@"\n' }
    for (const Cmd of [JAVA, ['sh', '-c', 'exec java -jar app.jar']]) {
      const { words, notes } = await of({ Entrypoint: before, Cmd }, { scripts })
      expect(words).toEqual(JAVA)
      expect(notes[0]).toBe(
        `${before.join(' ')} is left out of the start command: the entry script of the image starts java.`
      )
    }
  })

  test.each([
    ['another command in front', 'if [ "$1" = sh ]; then\n  exec "$@"\nfi\nexec "$@" --server.port=9090'],
    ['more words behind the arguments', 'mkdir -p /tmp/x\nexec "$@" --server.port=9090'],
    ['a variable', 'JAVA_TOOL_OPTIONS="$JAVA_TOOL_OPTIONS -Xmx512m"\nexec "$@"'],
    ['a variable under a condition', '[ -n "$A" ] && export SPRING_PROFILES_ACTIVE=prod\nexec "$@"'],
    ['a variable in a branch', 'case $A in\nx) B=1 ;;\nesac\nexec "$@"'],
    ['a variable behind a line break', 'true && \\\n  export B=1\nexec "$@"']
  ])('a script with %s does not only prepare', async (_, lines) => {
    const scripts = { '/prepare.sh': `#!/bin/sh\n${lines}\n` }
    const Entrypoint = ['/prepare.sh']
    expect((await of({ Entrypoint, Cmd: JAVA }, { scripts })).words).toEqual([...Entrypoint, ...JAVA])
  })

  test('a script of a million line breaks is read at once', async () => {
    const scripts = { '/prepare.sh': `#!/bin/sh\n${'\n'.repeat(1_000_000)}x\nexec "$@"\n` }
    expect((await of({ Entrypoint: ['/prepare.sh'], Cmd: JAVA }, { scripts })).words).toEqual(JAVA)
  })

  test('certificates that temurin would import are named', async () => {
    const { notes } = await of(
      { Entrypoint: ['/__cacert_entrypoint.sh'], Cmd: JAVA },
      { variables: { USE_SYSTEM_CA_CERTS: '1' } }
    )
    expect(notes[1]).toContain('USE_SYSTEM_CA_CERTS has no effect')
  })

  test.each<[string, string[]]>([
    ['java -jar app.jar', JAVA],
    ['exec java $JAVA_OPTS -jar app.jar', ['java', '-Xmx64m', '-Da=b', '-jar', 'app.jar']],
    ['java ${JAVA_OPTS} -jar app.jar ${0} ${@}', ['java', '-Xmx64m', '-Da=b', '-jar', 'app.jar', 'sh']],
    ['$JAVA_HOME/bin/java -jar "/srv/$NAME.jar"', ['/opt/jdk/bin/java', '-jar', '/srv/the shop.jar']],
    [
      `java -Da='x y' -Db="\${NONE:-z}" -Dc=$NONE -jar app.jar`,
      ['java', '-Da=x y', '-Db=z', '-Dc=', '-jar', 'app.jar']
    ],
    [
      'java -cp /app:/app/lib/a.jar com.acme.Main --port=${PORT:-8080}',
      ['java', '-cp', '/app:/app/lib/a.jar', 'com.acme.Main', '--port=8080']
    ]
  ])('in the shell form, %s is one simple command', async (text, words) => {
    const variables = { JAVA_OPTS: ' -Xmx64m  -Da=b', JAVA_HOME: '/opt/jdk', NAME: 'the shop' }
    expect((await of({ Entrypoint: ['sh', '-c', text] }, { variables })).words).toEqual(words)
  })

  test.each([
    'java -jar app.jar | tee log',
    'sleep 5; java -jar app.jar',
    'cd /srv && java -jar app.jar',
    'java -jar $(ls *.jar)',
    'java -jar *.jar',
    'java -cp "/app/*" $WILD Main',
    'java `cat options` Main',
    'A=b java Main',
    'java Main > log',
    'java Main "$1"',
    'java -Dp="${PORT:?not set}" Main',
    'java -Dp="$(date)" Main',
    'java "a \\" b" Main',
    'python app.py'
  ])('in the shell form, %s stays a command of a shell', async (text) => {
    const variables = { WILD: '*.jar' }
    const Cmd = ['/bin/sh', '-c', text]
    expect(await of({ Cmd }, { variables })).toEqual({ words: Cmd, notes: [] })
  })

  test('its note names the variables that are fixed, without their values', async () => {
    const Cmd = ['/bin/sh', '-c', 'java $JAVA_OPTS -Dp=$PASSWORD -jar app.jar']
    const { notes } = await of({ Cmd }, { variables: { PASSWORD: 'hunter22' } })
    expect(notes).toEqual([
      'The command of the shell is started without a shell. $JAVA_OPTS, $PASSWORD have their values of the image and of `env`: another value at docker run has no effect on it.'
    ])
  })

  test('in a script with one command is this command, with the parameters of the script', async () => {
    const scripts = {
      '/srv/start.sh':
        '#!/bin/sh\n# starts the shop\nset -eu\n\nexec java \\\n  -Xmx64m \\\n  -jar app.jar "$@"\n',
      '/srv/logic.sh': '#!/bin/sh\nif [ -n "$DEBUG" ]; then OPTS=-X; fi\nexec java $OPTS -jar app.jar\n'
    }
    const words = ['java', '-Xmx64m', '-jar', 'app.jar', 'serve', 'a b']
    for (const Entrypoint of [['/srv/start.sh'], ['./start.sh'], ['bash', 'start.sh']])
      expect(await of({ Entrypoint, Cmd: ['serve', 'a b'], WorkingDir: '/srv' }, { scripts })).toEqual({
        words,
        notes: [expect.stringContaining('start.sh is started without a shell.')]
      })
    expect(await of({ Entrypoint: ['/srv/logic.sh'] }, { scripts })).toEqual({
      words: ['/srv/logic.sh'],
      notes: []
    })
    expect((await of({ Cmd: ['bash'] })).words).toEqual(['bash'])
  })
})

describe('a start command that is run up to java', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  test('has the argument file that it writes, and names the volumes of the image', async () => {
    const copy = path.join(folder, 'f0')
    await writeFile(copy, '-Dnew=1\n')
    const file = { type: 'file', mode: 0o644, mtime: new Date(0), size: 8, digest: '', copy }
    const recording = {
      words: ['java', '@app.args', '@/srv/other.args', 'Main'],
      environment: {},
      workingDirectory: '/srv',
      written: new Map([['/srv/app.args', file]]),
      notes: ['It was run.']
    }
    const texts: Record<string, string> = { '/srv/app.args': '-Dold=1', '/srv/other.args': '-Dother=1' }
    const { words, notes } = await startCommand({
      config: { Entrypoint: ['/start'], Volumes: { '/data': {} } },
      variables: {},
      readText: (name) => Promise.resolve(texts[name]),
      record: () => Promise.resolve(recording)
    })
    expect(words).toEqual(['java', '-Dnew=1', '-Dother=1', 'Main'])
    expect(notes).toEqual([
      'It was run.',
      'Files that it writes to a volume of the image are not kept: /data.'
    ])
  })
})
