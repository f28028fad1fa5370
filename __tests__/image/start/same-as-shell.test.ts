import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { startCommand } from '../../../src/image/start/start-command.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

// Random start commands, of which the accepted ones are run as they are: by real shells, with a java that prints its arguments.

/** Random commands of a run; less than half of them are understood. */
const RUNS = Number(process.env['START_COMMANDS'] ?? 800)

const VARIABLES: Record<string, string> = {
  JAVA_OPTS: ' -Xmx64m  -Da=b ',
  EMPTY: '',
  TABS: '\tx\ty z\n',
  STAR: '*.jar',
  QUOTE: `it's "so"`
}

/** Pieces that are understood in most places. */
const USUAL = [
  ...[
    ' ',
    ' ',
    ' ',
    '  ',
    '\t',
    ' \\\n ',
    'java',
    '-jar',
    'app.jar',
    '-Dx=',
    'a',
    '%',
    '@',
    '^',
    '""',
    "''",
    '"a $EMPTY b"'
  ],
  ...[
    '$JAVA_OPTS',
    '${JAVA_OPTS}',
    '"$JAVA_OPTS"',
    '$EMPTY',
    '"$EMPTY"',
    '$TABS',
    '"$TABS"',
    '"$STAR"',
    '$QUOTE',
    '$NONE'
  ],
  ...[
    '${NONE:-x y}',
    '"${NONE:-x y}"',
    '${EMPTY:-d}',
    ' $@ ',
    ' "$@"',
    ' "${@}" ',
    '$0',
    '"$0"',
    `'$EMPTY " x'`,
    '"$EMPTY$NONE"'
  ]
]

/** Pieces with a meaning that a list of words cannot have. */
const ODD = [
  ...[
    '\n',
    '\\\n',
    '\r',
    ';',
    '&&',
    '|',
    '&',
    '#',
    '>x',
    '<x',
    '(',
    '!',
    '\\',
    '"',
    "'",
    '`',
    'exec ',
    'é',
    '=',
    ':~',
    '~',
    '*',
    '?'
  ],
  ...[
    '[a]',
    '{a,b}',
    '$STAR',
    '${NONE:-$EMPTY}',
    '"${NONE:-$EMPTY}"',
    '${EMPTY-d}',
    '${NONE:-~}',
    '${NONE:?no}',
    '${#EMPTY}',
    '"$@"x'
  ],
  ...[
    '$@',
    '$*',
    '"$*"',
    '$1',
    '"$1"',
    '$10',
    '$#',
    '$$',
    '$?',
    '$-',
    '$',
    '$_',
    '$PWD',
    '$HOME',
    '$IFS',
    '$RANDOM',
    '$SHLVL'
  ],
  ...['$PATH', '$(date)', '$((1+1))', '"a \\" b"', '"a $@ b"', "'\n'", '"\n"']
]

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...USUAL) },
  { weight: 1, arbitrary: fc.constantFrom(...ODD) }
)

const text = fc
  .tuple(
    fc.constantFrom('java ', 'exec java ', 'exec java $JAVA_OPTS ', '"$JAVA_HOME/bin/java" ', ''),
    fc.array(piece, { maxLength: 8 })
  )
  .map(([begin, pieces]) => begin + pieces.join(''))

const parameters = fc.array(fc.constantFrom('serve', 'two words', '', '*', '-x', '--', '@file'), {
  maxLength: 3
})
const options = fc.constantFrom('-c', '-ec', '-uc', '-euc', '-xc', '-lc', '-ce')
const shell = fc.constantFrom('sh', 'bash', 'dash', '/bin/sh')
const firstLine = fc.constantFrom(
  '#!/bin/sh',
  '#!/bin/sh -e',
  '#!/bin/bash',
  '#!/usr/bin/env bash',
  '#!/bin/sh -u',
  '#!/usr/bin/python3'
)
const around = fc.constantFrom(
  '',
  'set -e\n',
  'set -eu\n',
  '# starts it\n',
  '# continued \\\n',
  '\n \t\n',
  'set -x\n',
  'cd /\n',
  'A=b\n'
)
const last = fc.constantFrom('\n', '', '\n\n# end\n', '\r\n', '\nexit 3\n', ' # why\n')

/** A start command, with the text of the script `start.sh` in its working folder. */
const command = fc.oneof(
  fc
    .tuple(shell, options, text, parameters)
    .map(([name, option, given, rest]) => ({ words: [name, option, given, ...rest], script: '' })),
  fc
    .tuple(
      fc.constantFrom(['./start.sh'], ['sh', './start.sh'], ['bash', 'start.sh'], ['start.sh']),
      firstLine,
      around,
      text,
      last,
      parameters
    )
    .map(([start, first, before, given, end, rest]) => ({
      words: [...start, ...rest],
      script: `${first}\n${before}${given}${end}`
    })),
  fc
    .tuple(parameters, fc.constantFrom('exec "$@"', 'exec $@', '"$@"', 'exec "$@" x'))
    .map(([rest, line]) => ({ words: ['./start.sh', 'java', ...rest], script: `#!/bin/sh\n${line}\n` })),
  parameters.map((rest) => ({ words: ['java', ...rest], script: '' }))
)

/** Starts each command of the folder in an environment of its own, and keeps what java prints. A start of each by node would take longer. */
const RUN_ALL = `cd "$1" || exit
for case in */; do
    mapfile -d '' -t words <"$case/words"
    mapfile -d '' -t variables <variables
    (cd "$case" && exec env -i "\${variables[@]}" PRINTED="$1/$case/printed" "PATH=$1:/usr/bin:/bin" "\${words[@]}") >/dev/null 2>&1
done`

describe('a start command', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  test('is run as the original would run, or is not understood', async () => {
    const variables = { ...VARIABLES, JAVA_HOME: folder }
    const java = `#!/bin/sh\nprintf '%s\\0' java "$@" >>"$PRINTED"\n`
    await mkdir(path.join(folder, 'bin'))
    for (const file of ['java', 'bin/java']) await writeFile(path.join(folder, file), java, { mode: 0o755 })
    await writeFile(
      path.join(folder, 'variables'),
      zeros(Object.entries(variables).map((entry) => entry.join('=')))
    )
    const seed = Number(process.env['FAST_CHECK_SEED'] ?? 20261127)
    const expected = new Map<string, { words: string[]; script: string; java: string }>()
    for (const [index, { words, script }] of fc.sample(command, { numRuns: RUNS, seed }).entries()) {
      const place = path.join(folder, `case-${index}`)
      const found = await startCommand({
        config: { Entrypoint: words, WorkingDir: place },
        variables,
        readText: (file) =>
          Promise.resolve(script !== '' && file === `${place}/start.sh` ? script : undefined)
      })
      const [program = '', ...rest] = found.words
      if (path.basename(program) !== 'java') continue
      await mkdir(place)
      await writeFile(path.join(place, 'words'), zeros(words))
      if (script !== '') await writeFile(path.join(place, 'start.sh'), script, { mode: 0o755 })
      expected.set(place, { words, script, java: zeros(['java', ...rest]) })
    }
    spawnSync('bash', ['-c', RUN_ALL, 'bash', folder])
    expect(expected.size).toBeGreaterThan(RUNS / 4)
    for (const [place, { java, ...original }] of expected) {
      const printed = await readFile(path.join(place, 'printed'), 'utf8').catch(() => 'nothing')
      expect({ ...original, java: printed }).toEqual({ ...original, java })
    }
  }, 60_000)
})

const zeros = (words: readonly string[]): string => words.map((word) => `${word}\0`).join('')
