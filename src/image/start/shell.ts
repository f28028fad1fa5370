import path from 'node:path'
import { simpleCommand, withoutBlanks, type ShellSetting, type SimpleCommand } from './simple-command.js'

const SHELL = /(?:^|\/)(?:ba|da|a)?sh$/

/** The option before the command of a shell; e, u and x do not change what it is. */
const COMMAND_OPTION = /^-[eux]*c[eux]*$/

/** First line of a script of a shell. Options are not possible after `env`. */
const FIRST_LINE =
  /^#![ \t]*\/(?:usr\/)?bin\/(?:env[ \t]+(?:ba|da|a)?sh|(?:ba|da|a)?sh(?:[ \t]+-[eux]+)?)[ \t]*$/

/** A line that changes only how a script ends and what it prints. */
const SETS_OPTIONS = /^set (?:-[eux]+|-[eux]*o pipefail|\+x)$/

/** Returns whether words start a command of a shell: `sh -c TEXT`. */
export function isShellCommand([program = '', option = '']: readonly string[]): boolean {
  return SHELL.test(program) && COMMAND_OPTION.test(option)
}

/** Returns the file of a script that words start, with its parameters; undefined where no shell starts it. */
export function scriptOf([program = '', ...rest]: readonly string[]):
  { file: string; parameters: string[] } | undefined {
  const [file, ...parameters] = SHELL.test(program) ? rest : [program, ...rest]
  // A program without a slash is searched in PATH.
  return file === undefined || file.startsWith('-') || (file === program && !file.includes('/'))
    ? undefined
    : { file, parameters }
}

/** Returns the one command with java that the text of `sh -c` runs; undefined for other texts. */
export function commandOfShell(
  [program = '', option = '', text = '', name = program, ...parameters]: readonly string[],
  variables: ShellSetting['variables']
): SimpleCommand | undefined {
  return startingJava(
    simpleCommand(text, { variables, name, parameters, needsVariables: option.includes('u') })
  )
}

/** Returns the one command with java that a script runs; undefined for a script with more than comments and `set` besides. */
export function commandOfScript(
  script: string,
  setting: Pick<ShellSetting, 'variables' | 'name' | 'parameters'>
): SimpleCommand | undefined {
  const commands = commandsOf(script)
  if (commands?.lines.length !== 1) return undefined
  return startingJava(
    simpleCommand(commands.lines[0] ?? '', { ...setting, needsVariables: commands.needsVariables })
  )
}

/** Returns whether a script only starts the command in its arguments. */
export function onlyStartsArguments(script: string): boolean {
  const lines = commandsOf(script)?.lines
  return lines?.length === 1 && /^exec "\$@"$/.test(lines[0] ?? '')
}

/** A line that starts the command in the arguments, whether or not as another user. */
const STARTS_ARGUMENTS = /^exec[ \t]+(?:(?:gosu|su-exec|setpriv|runuser|chroot)[ \t][^\n]*)?"\$@"$/

/** A part of a line that changes the environment, the working folder, the process or the arguments of the command. */
const CHANGES_COMMAND =
  /(?:^|[;&|({)]|\b(?:then|else|do))[\s\\]*(?:(?:export|set[ \t]+--|\.|source|cd|umask|ulimit|unset|eval|shift|trap|exec)(?:[ \t]|$)|\w+=)/

/** Returns whether the last line of a script starts the command in its arguments, and nothing before it changes that command. */
export function endsWithArguments(script: string): boolean {
  const lines = commandsOf(script)?.lines ?? []
  return (
    STARTS_ARGUMENTS.test(lines.at(-1) ?? '') &&
    !lines.slice(0, -1).some((line) => CHANGES_COMMAND.test(line))
  )
}

/** Returns the commands of a script without comments and `set`, each with its continued lines; undefined for other programs. */
function commandsOf(script: string): { lines: string[]; needsVariables: boolean } | undefined {
  const [first = '', ...rest] = script.split('\n')
  if (!FIRST_LINE.test(first) || script.includes('\r')) return undefined
  const lines: string[] = []
  let needsVariables = / -\w*u/.test(first)
  let continued = false
  for (const line of rest) {
    const text = withoutBlanks(line)
    if (continued) lines.push(`${lines.pop() ?? ''}\n${line}`)
    else if (text === '' || text.startsWith('#')) continue
    else if (SETS_OPTIONS.test(text)) needsVariables ||= / -\w*u/.test(text)
    else lines.push(line)
    continued = /(?<!\\)(?:\\\\)*\\$/.test(line)
  }
  return { lines: lines.map(withoutBlanks), needsVariables }
}

function startingJava(command: SimpleCommand | undefined): SimpleCommand | undefined {
  return path.posix.basename(command?.words[0] ?? '') === 'java' ? command : undefined
}
