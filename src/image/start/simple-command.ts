/** What a command of the shell can refer to. */
export interface ShellSetting {
  variables: Readonly<Record<string, string>>
  /** `$0`. */
  name: string
  /** `$@`. */
  parameters: readonly string[]
  /** Whether the shell fails at a variable that is not set (`set -u`). */
  needsVariables?: boolean
}

/** A command as a list of words. */
export interface SimpleCommand {
  words: string[]
  /** Names of the variables whose values are in the words, sorted. */
  variables: string[]
}

/** The next piece of a command: blanks, a continued line, a quoted text, a variable, or plain characters. Nothing else is understood. */
const PIECE =
  /([ \t]+)|(\\\n)|'([^']*)'|"([^"\\`]*)"|(\$(?:[A-Za-z_]\w*|[0-9@]|\{(?:[A-Za-z_]\w*(?::-[\w%+=:,./@^ -]*)?|[0@])\}))|([\w%+=:,./@^-]+)/y

/** A variable, or the characters up to the next one. */
const IN_QUOTES = /\$(?:([A-Za-z_]\w*|[0-9@])|\{(?:([A-Za-z_]\w*|[0@])(?::-([\w%+=:,./@^ -]*))?)\})|([^$]+)/y

const ALL_PARAMETERS = /^\$(?:@|\{@\})$/

/** Characters for which a shell searches files, or which quote the next one. */
const PATTERN = /[*?[\\]/

/** Variables that a shell or Docker sets, or that are not the same in the finished image. */
const NOT_OF_IMAGE =
  /^(?:_|IFS|OPT(?:ARG|ERR|IND)|PS\d|PPID|(?:OLD)?PWD|HOME|HOSTNAME|TERM|SHLVL|SHELL|E?UID|GROUPS|S?RANDOM|SECONDS|EPOCH\w*|BASH\w*|LINENO|FUNC\w*|DIRSTACK|HIST\w*|HOSTTYPE|MACHTYPE|OSTYPE|PIPESTATUS|SHELLOPTS|COLUMNS|LINES|COMP_\w*)$/

/**
 * Returns the words of a command that a shell would run, if it is one command, without operators, patterns and substitutions of other
 * commands; undefined for anything else. A leading `exec` is left out.
 */
export function simpleCommand(text: string, setting: ShellSetting): SimpleCommand | undefined {
  try {
    return new Expansion(setting).of(withoutBlanks(text))
  } catch (error) {
    if (error === NOT_SIMPLE) return undefined
    throw error
  }
}

/** Returns a text without the blanks and line breaks around it; other white space is part of a word for a shell. */
export function withoutBlanks(text: string): string {
  let [begin, end] = [0, text.length]
  while (' \t\n'.includes(text[begin] ?? '-')) begin++
  while (end > begin && ' \t\n'.includes(text[end - 1] ?? '-')) end--
  return text.slice(begin, end)
}

const NOT_SIMPLE = new Error('only a shell can run this command')

class Expansion {
  private readonly words: string[] = []
  private readonly used = new Set<string>()
  /** The word that is not complete yet. */
  private word: string | undefined

  constructor(private readonly setting: ShellSetting) {}

  of(text: string): SimpleCommand | undefined {
    PIECE.lastIndex = 0
    while (PIECE.lastIndex < text.length) {
      const match = PIECE.exec(text)
      if (match === null) throw NOT_SIMPLE
      const [, blanks, continued, single, double, variable, plain] = match
      if (continued !== undefined) continue
      if (blanks !== undefined) this.end()
      else if (ALL_PARAMETERS.test(double ?? variable ?? ''))
        this.addParameters(double !== undefined, /^(?:$|[ \t]|\\\n[ \t])/.test(text.slice(PIECE.lastIndex)))
      else if (double !== undefined) this.add(this.inQuotes(double))
      else if (variable !== undefined) this.addSplit(this.inQuotes(variable))
      else this.add(single ?? plain ?? '')
    }
    this.end()
    const { words } = this
    if (words[0] === 'exec') words.shift()
    return words.length > 0 ? { words, variables: [...this.used].sort() } : undefined
  }

  private end(): void {
    if (this.word !== undefined) this.words.push(this.word)
    this.word = undefined
  }

  private add(part: string): void {
    this.word = (this.word ?? '') + part
  }

  /** Adds `$@`, which is understood as a word of its own. */
  private addParameters(quoted: boolean, last: boolean): void {
    const { parameters } = this.setting
    if (this.word !== undefined || !last) throw NOT_SIMPLE
    if (!quoted && parameters.some((one) => one === '' || /\s/.test(one) || PATTERN.test(one)))
      throw NOT_SIMPLE
    this.words.push(...parameters)
  }

  /** Adds a value without quotation marks, which a shell splits into words. */
  private addSplit(value: string): void {
    if (PATTERN.test(value)) throw NOT_SIMPLE
    const [first = '', ...rest] = value.split(/[ \t\n]+/)
    if (first !== '') this.add(first)
    for (const part of rest) {
      this.end()
      if (part !== '') this.add(part)
    }
  }

  private inQuotes(text: string): string {
    let expanded = ''
    IN_QUOTES.lastIndex = 0
    while (IN_QUOTES.lastIndex < text.length) {
      const match = IN_QUOTES.exec(text)
      if (match === null) throw NOT_SIMPLE
      const [, name, braced, byDefault, plain] = match
      expanded += plain ?? this.valueOf(name ?? braced ?? '', byDefault)
    }
    return expanded
  }

  private valueOf(name: string, byDefault: string | undefined): string {
    const { variables, needsVariables = false } = this.setting
    if (name === '0') return this.setting.name
    if (/^[\d@]/.test(name) || NOT_OF_IMAGE.test(name)) throw NOT_SIMPLE
    const value = variables[name]
    if (value === undefined && byDefault === undefined && (needsVariables || name === 'PATH'))
      throw NOT_SIMPLE
    this.used.add(name)
    return value || (byDefault ?? '')
  }
}
