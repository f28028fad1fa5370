import fc from 'fast-check'
import { Failure, describeFailure, type FailureCategory } from '../../src/lib/errors.js'
import { createLog } from '../../src/lib/log.js'
import { linesOf, LogReader } from '../../lab/workflow-commands.js'

/**
 * Lets a property meet so many generated inputs. They are the same in every run; others come with FAST_CHECK_SEED, and
 * FAST_CHECK_PATH goes straight to the one that failed (a failure prints both).
 */
export async function holds(runs: number, property: fc.IRawProperty<unknown>): Promise<void> {
  const { FAST_CHECK_SEED: seed = '20261125', FAST_CHECK_PATH: path } = process.env
  await fc.assert(property, { numRuns: runs, seed: Number(seed), ...(path ? { path } : {}) })
}

const PIECES = [
  ...[
    '; touch /tmp/pwned',
    '$(reboot)',
    '`id`',
    '&&',
    '|',
    '>',
    '<',
    '*',
    '?',
    '~',
    '!',
    '#',
    '"',
    "'",
    '\\',
    '{{.}}'
  ],
  ...[
    '-',
    '--',
    '--privileged',
    '-v/:/host',
    '--env-file=/etc/passwd',
    '@/etc/passwd',
    '-XX:CRaCRestoreFrom=/x'
  ],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\0',
    '\t',
    '\u001b[2J',
    '\u001b]0;x\u0007',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\u00ad'
  ],
  ...[
    '::error::x',
    '::set-output name=digest::x',
    '::add-mask::a',
    '::EndGroup::',
    '::stop-commands::x',
    '##[error]x'
  ],
  ...['\n::error::x', '\r##[add-mask]a', '%0A::error::x', '::', '${{ secrets.X }}'],
  ...[
    '../',
    '/',
    '..',
    '.',
    '/etc/passwd',
    '/dev/zero',
    'C:\\x',
    'file:///etc/passwd',
    'http://[::1',
    '=',
    ':',
    ','
  ],
  ...[
    '\ud800',
    '\udfff',
    '👩‍🚀',
    'é',
    'İ',
    'ß',
    'Ω',
    '٣',
    ' ',
    'a',
    '0',
    'true',
    '1e3',
    'NaN',
    '__proto__',
    'constructor'
  ]
]

/** Text that makes programs stumble: of shells, command lines, logs and file systems, broken Unicode, and very long. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary' })))
      .map((parts) => parts.join(''))
  },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', 'é', '👩', '\n', "'", '::', 'a.', '0'),
        fc.integer({ min: 4000, max: 100_000 })
      )
      .map(([unit, length]) => unit.repeat(length / unit.length))
  }
)

/** Throws unless the error is, as a user would see it, one clear message of one of these classes. */
export function mustBeClear(error: unknown, ...classes: FailureCategory[]): void {
  const problem = unclear(error, ...classes)
  if (problem !== undefined) throw new Error(problem, { cause: error })
}

function unclear(error: unknown, ...classes: FailureCategory[]): string | undefined {
  if (!(error instanceof Failure))
    return `no Failure: ${error instanceof Error ? error.stack : String(error)}`
  if (!classes.includes(error.category)) return `of class ${error.category}: ${error.message}`
  for (const sentence of [error.message, error.fix]) {
    if (!/^[^\p{Cc}\u2028\u2029\u202a-\u202e]{5,2003}$/u.test(sentence))
      return `no clear sentence: ${JSON.stringify(sentence)}`
    if (/\p{Cs}/u.test(sentence)) return `broken Unicode: ${JSON.stringify(sentence)}`
  }
  const text = describeFailure(error)
  if (Buffer.byteLength(text) > 60_000) return `too long: ${text.length}`
  if (/^\s+at .*[(:]\d+\)?$/m.test(error.message + error.fix)) return `a stack trace: ${error.message}`
  const acts = commandsOf((log) => log.info(error.message))
  return acts.length > 0 ? `acts as ${acts.join()}` : undefined
}

/** The workflow commands that a runner would find in what the work writes. */
export function commandsOf(work: (log: ReturnType<typeof createLog>) => void): string[] {
  let written = ''
  const issue = (name: string, message: string): void => {
    const data = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
    written += `::${name}::${data}\n`
  }
  const log = createLog({
    info: (line) => (written += `${line}\n`),
    warning: (line) => issue('warning', line),
    startGroup: (title) => issue('group', title),
    endGroup: () => issue('endgroup', '')
  })
  work(log)
  const reader = new LogReader()
  return linesOf(written).flatMap((line) => {
    const read = reader.read(line)
    return read?.kind === 'command' ? [read.name] : []
  })
}
