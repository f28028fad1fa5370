/** What a command of the shell can refer to. */
export interface ShellSetting {
  variables: Readonly<Record<string, string>>
  /** `$0`. */
  name: string
  /** `$@`. */
  parameters: readonly string[]
}

/** A command as a list of words. */
export interface SimpleCommand {
  words: string[]
  /** Names of the variables whose values are in the words, sorted. */
  variables: string[]
}

/** White space, a quoted text, a variable, or plain characters: nothing else is understood here. */
const PIECE = /(\s+)|'([^']*)'|"([^"\\`]*)"|(\$(?:\w+|@|\{\w+(?::-[^{}$`"'\\]*)?\}|\{@\}))|([\w%+=:,./@^-]+)/y

const VARIABLE = /\$(?:(\w+|@)|\{(\w+|@)(?::-([^{}]*))?\})/g

/** Options that a JVM must not get twice: a normal start adds those of JAVA_OPTS once more. */
const AGENT = /-(?:javaagent|agentlib|agentpath|Xrun)/

/**
 * Returns the words of a command that a shell would run, if it is one command, without operators, patterns and substitutions of other
 * commands; undefined for anything else. A leading `exec` is left out.
 */
export function simpleCommand(text: string, setting: ShellSetting): SimpleCommand | undefined {
  const words: string[] = []
  const used = new Set<string>()
  let word: string | undefined
  let understood = true
  const end = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const add = (part: string): void => {
    word = (word ?? '') + part
  }
  const valueOf = (name: string, byDefault = ''): string => {
    if (name === '0') return setting.name
    if (name === '@' || /^\d/.test(name)) understood = false
    const value = setting.variables[name] ?? ''
    used.add(name)
    if (name === 'JAVA_OPTS' && AGENT.test(value)) understood = false
    return value === '' ? byDefault : value
  }
  const expanded = (part: string): string =>
    part.replaceAll(VARIABLE, (_, name?: string, braced?: string, byDefault?: string) =>
      valueOf(name ?? braced ?? '', byDefault)
    )
  PIECE.lastIndex = 0
  while (PIECE.lastIndex < text.length) {
    const match = PIECE.exec(text)
    if (match === null) return undefined
    const [, space, single, double, variable, plain] = match
    if (space !== undefined) end()
    else if (/^\$(?:@|\{@\})$/.test(double ?? variable ?? '')) {
      end()
      words.push(...setting.parameters)
    } else if (double !== undefined) {
      if (double.replaceAll(VARIABLE, '').includes('$')) return undefined
      add(expanded(double))
    } else if (variable !== undefined) {
      const value = expanded(variable)
      if (/[*?[\\]/.test(value)) return undefined
      // Without quotation marks, a value is split into words.
      const [first = '', ...rest] = value.split(/\s+/)
      if (first !== '') add(first)
      for (const part of rest) {
        end()
        if (part !== '') add(part)
      }
    } else add(single ?? plain ?? '')
  }
  end()
  if (words[0] === 'exec') words.shift()
  return understood && words.length > 0 ? { words, variables: [...used].sort() } : undefined
}

/** Returns the one command of a script that has, besides it, only comments and `set` with options; undefined for other scripts. */
export function commandOfScript(script: string): string | undefined {
  const lines = script
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^set [-+][a-z]+(?: pipefail)?$/.test(line))
  return lines.length === 1 ? lines[0] : undefined
}
