import { LONGEST_LINE } from '../lib/lines.js'
import { CARRIED, CARRIERS } from './catalogue/clients.js'
import { diagnose, type Finding } from './diagnose.js'

/** An open resource in the output of jcmd, and the code that opened it. */
export interface Opened {
  /** Class of the exception. */
  type: string
  /** All frames of the code that opened it, those of libraries too. */
  stack: readonly string[]
}

/**
 * Returns what the open resources are. The code that opened one says more than the port of a server: of several libraries, the
 * uppermost one opened it. Clients on which others are built come last, also behind the port of a server that is reached by them.
 */
export function whatIsOpen(opened: readonly Opened[], output: string): Finding | undefined {
  const byCarrier = opened.flatMap((one) => linesOf(one, (frame) => CARRIERS.test(frame)))
  const byClient = diagnoseLines(opened.flatMap((one) => linesOf(one, (frame) => !CARRIERS.test(frame))))
  if (byClient?.signature?.weight === 'specific') return byClient
  const byPort = diagnoseLines([output])
  if (CARRIED.has(byPort?.signature?.id ?? '')) return byPort
  return diagnoseLines([...byCarrier, output])
}

function diagnoseLines(lines: readonly string[]): Finding | undefined {
  return diagnose('dump', { app: lines.join('\n') })
}

/** Returns a line for each wanted frame, since a signature can name a client by its package. */
function linesOf({ type, stack }: Opened, wanted: (frame: string) => boolean): string[] {
  const names = stack.map((frame) => frame.split('(', 1)[0] ?? '').filter(wanted)
  return names.map((name) => `${type.split('.').at(-1)}: opened by ${name}`.slice(0, LONGEST_LINE))
}
